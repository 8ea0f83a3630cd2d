-- revision: 001
-- message: Create users

-- migrate:up
DO $$
BEGIN
    -- only once
    CREATE TABLE users (id bigint PRIMARY KEY);
END
$$;

-- migrate:down
DROP TABLE users;
