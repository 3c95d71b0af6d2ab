-- expect: nothing
-- prusik:up db=sqlite
ALTER TABLE orders ADD COLUMN state TEXT CHECK (state IN ('open', 'paid'));
-- prusik:down none reason="the example ends here"
