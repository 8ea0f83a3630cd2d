-- revision: 001
-- message: Create users

-- migrate:up
CREATE TABLE users (id bigint);

-- migrate:down

