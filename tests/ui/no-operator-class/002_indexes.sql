-- revision: 002
-- parent: 001
-- message: Index notes
-- irreversible: a test

-- migrate:up
CREATE INDEX orders_notes ON orders (notes);
CREATE INDEX orders_state ON orders USING gin (state);
