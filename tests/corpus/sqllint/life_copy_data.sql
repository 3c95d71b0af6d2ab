-- expect: RUN005 RUN014
CREATE TABLE codes (code text);
COPY codes FROM STDIN;
a
b
\.
ALTER TABLE users ADD COLUMN code text;
