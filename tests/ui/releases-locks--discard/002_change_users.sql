-- revision: 002
-- parent: 001
-- message: Tidy up

-- migrate:up
DISCARD ALL;

-- migrate:down
SELECT 1;
