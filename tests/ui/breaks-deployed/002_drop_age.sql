-- revision: 002
-- parent: 001
-- message: Drop age

-- migrate:up
ALTER TABLE users DROP COLUMN age;
ALTER TABLE users ADD COLUMN country text NOT NULL;
ALTER TABLE users RENAME COLUMN nick TO name;
ALTER TABLE users ALTER COLUMN id TYPE integer;

-- migrate:down
ALTER TABLE users ALTER COLUMN id TYPE bigint;
ALTER TABLE users RENAME COLUMN name TO nick;
ALTER TABLE users DROP COLUMN country;
ALTER TABLE users ADD COLUMN age integer;
