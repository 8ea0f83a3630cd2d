-- revision: 000
-- message: Add tags

-- migrate:up
CREATE TABLE tags ();

-- migrate:down
DROP TABLE tags;
