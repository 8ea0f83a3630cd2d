-- revision: 002
-- parent: 001
-- message: List the addresses

-- migrate:up
CREATE VIEW addresses AS SELECT email FROM users;

-- migrate:down
DROP TABLE addresses;
