-- revision: 002
-- created: 2026-01-02
-- parent: 001
-- message: Add the posts

-- migrate:up
CREATE TABLE posts(id bigint PRIMARY KEY,
  -- who wrote it
  author bigint NOT NULL REFERENCES users(id)
);

-- migrate:down
DROP TABLE posts;
