-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

CREATE FUNCTION count_posts() RETURNS bigint LANGUAGE sql AS $body$
    SELECT count(*) FROM posts;
$$;

-- migrate:down
DROP TABLE posts;
