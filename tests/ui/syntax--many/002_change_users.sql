-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
SELEC 1;
DROP TABLE IF EXIST posts;
INSERT INTO users VALUES (1 'x');

-- migrate:down
SELECT 1;
