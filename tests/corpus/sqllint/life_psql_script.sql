-- expect: RUN005 RUN014
\set ON_ERROR_STOP on
\echo adding
ALTER TABLE users ADD COLUMN plan text;
