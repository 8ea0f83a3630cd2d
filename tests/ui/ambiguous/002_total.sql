-- revision: 002
-- parent: 001
-- message: Drop total
-- irreversible: a test

-- migrate:up
CREATE FUNCTION total(name text) RETURNS integer
    LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION total;
