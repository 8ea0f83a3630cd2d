-- revision: 004
-- parent: 001
-- message: Add likes

-- migrate:up
CREATE TABLE likes ();

-- migrate:down
DROP TABLE likes;
