-- expect: RUN015
INSERT INTO roles (name) VALUES ('auditor);
