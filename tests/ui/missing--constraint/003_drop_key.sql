-- revision: 003
-- parent: 002
-- message: Drop the key to users

-- migrate:up
ALTER TABLE posts DROP CONSTRAINT fk_posts_user_id;

-- migrate:down
ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users (id);
