-- expect: SQL005
-- prusik:up db=sqlite
CREATE TABLE totals (id INTEGER PRIMARY KEY, day TEXT, sum INTEGER);
CREATE INDEX totals_day ON totals (day);
ALTER TABLE totals DROP COLUMN day;
-- prusik:down none reason="the example ends here"
