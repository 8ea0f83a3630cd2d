-- revision: 003
-- parent: 002
-- message: List the titles

-- migrate:up
CREATE VIEW titles AS SELECT title FROM posts;

-- migrate:down
DROP VIEW titles;
