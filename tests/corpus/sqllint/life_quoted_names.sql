-- expect: PG001
-- prusik:up
CREATE INDEX "Order_user" ON "Order" ("user");
-- prusik:down none reason="the example ends here"
