-- expect: PG028
-- prusik:up
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
-- prusik:down none reason="the example ends here"
