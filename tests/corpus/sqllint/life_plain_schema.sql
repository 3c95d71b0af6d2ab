-- expect: nothing
CREATE SCHEMA billing;
CREATE TABLE billing.plans (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, price numeric(10, 2) CHECK (price >= 0));
CREATE TABLE billing.seats (id bigserial PRIMARY KEY, plan_id bigint NOT NULL REFERENCES billing.plans (id), taken_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX seats_plan_id ON billing.seats (plan_id);
ALTER TABLE billing.seats ADD COLUMN note text UNIQUE;
ALTER TABLE billing.seats ALTER COLUMN note SET NOT NULL;
ALTER TABLE billing.seats RENAME COLUMN note TO remark;
INSERT INTO billing.plans (name, price) VALUES ('free', 0), ('team', 20);
