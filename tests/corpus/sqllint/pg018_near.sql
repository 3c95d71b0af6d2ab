-- expect: nothing
-- prusik:up
CREATE TABLE places (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
-- prusik:down none reason="the example ends here"
