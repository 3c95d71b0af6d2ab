-- expect: RUN005
ALTER TABLE orders ADD COLUMN note text;
