-- revision: 002
-- parent: 001
-- message: Add an enum
-- irreversible: a test

-- migrate:up
CREATE TYPE order_state AS ENUM ('open', 'closed');

ALTER TABLE orders ADD COLUMN paid boolean NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN next_state order_state DEFAULT 'closed';
ALTER TABLE orders ALTER COLUMN state TYPE order_state;
