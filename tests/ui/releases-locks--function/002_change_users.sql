-- revision: 002
-- parent: 001
-- message: Tidy up

-- migrate:up transaction:false
SELECT pg_advisory_unlock_all();

-- migrate:down
SELECT 1;
