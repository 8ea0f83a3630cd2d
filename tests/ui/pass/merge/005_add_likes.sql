-- revision: 005
-- parent: 004
-- message: Add likes

-- migrate:up
CREATE TABLE likes ();

-- migrate:down
DROP TABLE likes;
