-- revision: 002
-- parent: 001
-- message: Add the address

-- migrate:up
ALTER TABLE users
    ADD COLUMN name text,
    ADD COLUMN email varchar(255);

-- migrate:down
ALTER TABLE users DROP COLUMN name;
