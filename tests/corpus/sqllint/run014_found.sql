-- expect: RUN014
\set ON_ERROR_STOP on
SELECT 1;
