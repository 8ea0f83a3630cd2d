-- revision: 003
-- parent: 002
-- message: Add tags

-- migrate:up
CREATE TABLE tags ();

-- migrate:down
DROP TABLE tags;
