-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up transaction:false
SET LOCAL maintenance_work_mem = '1GB';
CREATE INDEX CONCURRENTLY users_email_idx ON users (email);

-- migrate:down
DROP INDEX users_email_idx;
