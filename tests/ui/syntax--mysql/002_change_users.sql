-- revision: 002
-- parent: 001
-- message: Posts

-- migrate:up
CREATE TABLE posts (
    id bigint AUTO_INCREMENT PRIMARY KEY
);
CREATE TABLE `comments` (
    id bigint
);

-- migrate:down
DROP TABLE comments;
DROP TABLE posts;
