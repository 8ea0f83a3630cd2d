-- revision: 001
-- message: Count users

-- migrate:up
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, country text);
CREATE VIEW users_by_country AS
    SELECT country, email, count(*) AS users FROM users GROUP BY country;

-- migrate:down
DROP VIEW users_by_country;
DROP TABLE users;
