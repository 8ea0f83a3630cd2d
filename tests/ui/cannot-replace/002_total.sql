-- revision: 002
-- parent: 001
-- message: Return more
-- irreversible: a test

-- migrate:up
CREATE OR REPLACE FUNCTION total(order_id bigint) RETURNS bigint
    LANGUAGE sql AS 'SELECT 1::bigint';
