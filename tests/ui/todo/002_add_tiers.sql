-- revision: 002
-- parent: 001
-- message: Add tiers

-- migrate:up
-- migrate:todo no cast leads from a boolean to a date: say what becomes of the values
-- ALTER TABLE users ALTER COLUMN active TYPE date USING active::date;
ALTER TABLE users ADD COLUMN tier text;

-- migrate:down
ALTER TABLE users DROP COLUMN tier;
