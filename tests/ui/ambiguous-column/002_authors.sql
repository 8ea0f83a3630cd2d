-- revision: 002
-- parent: 001
-- message: Authors

-- migrate:up
CREATE VIEW authors AS
SELECT id, email
FROM users JOIN posts ON posts.user_id = users.id;

-- migrate:down
DROP VIEW authors;
