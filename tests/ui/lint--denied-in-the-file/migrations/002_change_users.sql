-- revision: 002
-- parent: 001
-- message: Change users
-- irreversible: what is lost is lost

-- migrate:up
ALTER TABLE users ADD CONSTRAINT users_email_check CHECK (email <> '') NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT users_email_check;

-- migrate:allow(add-column-rewrites): a hundred users
ALTER TABLE users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE users ADD COLUMN number bigserial;
UPDATE users SET email = lower(email);
