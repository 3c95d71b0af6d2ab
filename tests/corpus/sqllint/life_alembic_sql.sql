-- expect: PG001 RUN002 RUN005
BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> b529312f800e

CREATE TABLE account (
    id SERIAL NOT NULL, 
    name VARCHAR(50) NOT NULL, 
    PRIMARY KEY (id)
);

INSERT INTO alembic_version (version_num) VALUES ('b529312f800e') RETURNING alembic_version.version_num;

-- Running upgrade b529312f800e -> 4e10b98fdbe4

ALTER TABLE account ADD COLUMN last TIMESTAMP WITHOUT TIME ZONE;

CREATE INDEX account_name ON account (name);

UPDATE alembic_version SET version_num='4e10b98fdbe4' WHERE alembic_version.version_num = 'b529312f800e';

COMMIT;
