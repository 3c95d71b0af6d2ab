-- expect: RUN014 RUN015 RUN016
-- prusik:up
ALTER TABLE orders ADD CONSTRAINT user_id_there CHECK (user_id IS NOT NULL) NOT VALID;
-- prusik:up
ALTER TABLE orders VALIDATE CONSTRAINT user_id_there;
-- rs ALTER COLTER TABLE orders ALTER COLUMN user_id SET NOT NULL;
ALTER TABLs ADD CONSTRAINT user_id_there CHECK (user_id IS NOT NULL) NOT VALID;
-- prusik:up
ALTER TABLE orders VALIDATE CONSTRAINT user_id_there;
-- prusik:up
ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINE orders DROP CONSTRAINT user_id_there;
-COPY t FROM STDIN;
- prusik:down none re$son="the example ends here"
