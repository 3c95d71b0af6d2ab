-- prusik:up db=postgres
CREATE TABLE deals (id bigint PRIMARY KEY, name text NOT NULL, deal_type varchar(50));
CREATE TABLE facts (id bigint PRIMARY KEY, deal_id bigint REFERENCES deals (id) ON DELETE CASCADE, details jsonb,
                    deleted_at timestamptz);
-- prusik:up db=sqlite
CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT NOT NULL, deal_type VARCHAR(50));
CREATE TABLE facts (id INTEGER PRIMARY KEY, deal_id INTEGER REFERENCES deals (id) ON DELETE CASCADE, details TEXT,
                    deleted_at TEXT);
-- prusik:down
DROP TABLE facts;
DROP TABLE deals;
