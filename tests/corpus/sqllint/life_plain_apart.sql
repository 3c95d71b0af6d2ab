-- expect: DATA002
SET lock_timeout = '2s';
BEGIN;
ALTER TABLE users ADD COLUMN plan text;
COMMIT;
UPDATE users SET plan = 'free';
