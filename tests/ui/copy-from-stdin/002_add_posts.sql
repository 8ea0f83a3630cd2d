-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

COPY users (id, email) FROM stdin;
1	ana@example.org
2	bo@example.org
\.

-- migrate:down
DROP TABLE posts;
