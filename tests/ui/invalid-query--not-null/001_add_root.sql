-- revision: 001
-- message: Add the first user

-- migrate:up
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, name text);
INSERT INTO users (name) VALUES ('root');

-- migrate:down
DROP TABLE users;
