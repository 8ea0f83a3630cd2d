-- revision: 002
-- parent: 001
-- message: Add forty tables

-- migrate:up
CREATE TABLE t01 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 1'
);

CREATE TABLE t02 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 2'
);

CREATE TABLE t03 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 3'
);

CREATE TABLE t04 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 4'
);

CREATE TABLE t05 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 5'
);

CREATE TABLE t06 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 6'
);

CREATE TABLE t07 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 7'
);

CREATE TABLE t08 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 8'
);

CREATE TABLE t09 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 9'
);

CREATE TABLE t10 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 10'
);

CREATE TABLE t11 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 11'
);

CREATE TABLE t12 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 12'
);

CREATE TABLE t13 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 13'
);

CREATE TABLE t14 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 14'
);

CREATE TABLE t15 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 15'
);

CREATE TABLE t16 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 16'
);

CREATE TABLE t17 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 17'
);

CREATE TABLE t18 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 18'
);

CREATE TABLE t19 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 19'
);

CREATE TABLE t20 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 20'
);

CREATE TABLE t21 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 21'
);

CREATE TABLE t22 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 22'
);

CREATE TABLE t23 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 23'
);

CREATE TABLE t24 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 24'
);

CREATE TABLE t25 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 25'
);

CREATE TABLE t26 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 26'
);

CREATE TABLE t27 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(300) NOT NULL DEFAULT 'table 27'
);

CREATE TABLE t28 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 28'
);

CREATE TABLE t29 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 29'
);

CREATE TABLE t30 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 30'
);

CREATE TABLE t31 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 31'
);

CREATE TABLE t32 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 32'
);

CREATE TABLE t33 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 33'
);

CREATE TABLE t34 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 34'
);

CREATE TABLE t35 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 35'
);

CREATE TABLE t36 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 36'
);

CREATE TABLE t37 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 37'
);

CREATE TABLE t38 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 38'
);

CREATE TABLE t39 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 39'
);

CREATE TABLE t40 (
    id bigint PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL DEFAULT 'table 40'
);


-- migrate:down
DROP TABLE t01, t02, t03, t04, t05, t06, t07, t08, t09, t10, t11, t12, t13, t14, t15, t16, t17, t18, t19, t20, t21, t22, t23, t24, t25, t26, t27, t28, t29, t30, t31, t32, t33, t34, t35, t36, t37, t38, t39, t40;
