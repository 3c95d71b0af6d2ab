-- expect: nothing
-- prusik:up
CREATE TABLE n (id int PRIMARY KEY);
CLUSTER n USING n_pkey;
LOCK TABLE n;
ALTER TABLE n RENAME TO m;
CREATE INDEX m_id ON m (id);
ALTER TABLE m SET UNLOGGED;
ALTER TABLE m ALTER COLUMN id TYPE bigint;
ALTER TABLE m OWNER TO shop;
-- prusik:down none reason="the example ends here"
