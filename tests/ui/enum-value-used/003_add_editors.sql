-- revision: 003
-- parent: 002
-- message: Add editors
-- irreversible: an enum value stays

-- migrate:up
ALTER TYPE role ADD VALUE 'editor';
UPDATE users SET role = 'editor'::role WHERE id = 1;
