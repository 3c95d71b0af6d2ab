-- expect: DATA007 RUN013 RUN102 RUN104
-- prusik:up
DROP TABLE a; DROP TABLE b; ALTER TABLE c RENAME d TO e; ALTER TABLE c RENAME f TO g;
-- prusik:down none reason="the example ends here"
