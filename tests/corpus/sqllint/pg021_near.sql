-- expect: nothing
-- prusik:up
CREATE TABLE stays (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&));
-- prusik:down none reason="the example ends here"
