-- revision: 003
-- parent: 001
-- message: Add tags

-- migrate:up
CREATE TABLE tags ();

-- migrate:down
DROP TABLE tags;
