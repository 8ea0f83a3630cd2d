-- revision: 001
-- message: Create orders

-- migrate:up
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    state text NOT NULL DEFAULT 'open',
    notes json
);

CREATE FUNCTION total(order_id bigint) RETURNS integer
    LANGUAGE sql AS 'SELECT 1';

-- migrate:down
DROP FUNCTION total(bigint);
DROP TABLE orders;
