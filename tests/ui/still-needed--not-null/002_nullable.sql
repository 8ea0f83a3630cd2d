-- revision: 002
-- parent: 001
-- message: Drop the NOT NULL
-- irreversible: a test

-- migrate:up
ALTER TABLE orders ALTER COLUMN id DROP NOT NULL;
