-- revision: 002
-- parent: 001
-- message: Names

-- migrate:up
ALTER TABLE users RENAME COLUMN nick TO name;
ALTER TABLE users DROP COLUMN age;

-- migrate:down
ALTER TABLE users ADD COLUMN age integer;
ALTER TABLE users RENAME COLUMN name TO nick;
