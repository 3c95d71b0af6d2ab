-- expect: RUN005 RUN015
ALTER TABEL users ADD COLUMN plan text;
ALTER TABLE users ADD COLUMN plan text;
