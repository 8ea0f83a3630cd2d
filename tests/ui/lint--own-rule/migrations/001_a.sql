-- revision: 1
-- message: A
-- migrate:up
CREATE TABLE audit_log (id bigint PRIMARY KEY, price money);
-- migrate:down
DROP TABLE audit_log;
