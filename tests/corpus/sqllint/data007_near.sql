-- expect: nothing
-- prusik:up
CREATE TABLE step (id int);
DROP TABLE step;
-- prusik:down none reason="the example ends here"
