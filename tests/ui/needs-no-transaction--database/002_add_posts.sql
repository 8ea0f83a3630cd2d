-- revision: 002
-- parent: 001
-- message: A database for reports

-- migrate:up
CREATE DATABASE reports;

-- migrate:down
SELECT 1;
