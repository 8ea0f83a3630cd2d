-- revision: 001
-- message: Create users

-- migrate:up
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    age integer,
    nick varchar(20)
);

-- migrate:down
DROP TABLE users;
