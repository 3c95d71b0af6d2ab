-- expect: DATA002 RUN003 RUN005
BEGIN;
ALTER TABLE users ADD COLUMN plan text;
UPDATE users SET plan = 'free';
COMMIT;
