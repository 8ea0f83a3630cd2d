-- revision: 004
-- parent: 003
-- message: Add likes

-- migrate:up
CREATE TABLE likes ();
