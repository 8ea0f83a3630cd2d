-- revision: 004
-- parent: 002, 003
-- message: Add likes

-- migrate:up
CREATE TABLE likes ();

-- migrate:down
DROP TABLE likes;
