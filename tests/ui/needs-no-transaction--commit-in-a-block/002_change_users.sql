-- revision: 002
-- parent: 001
-- message: In batches

-- migrate:up
DO $$
BEGIN
    UPDATE users SET id = id + 1 WHERE id < 1000;
    COMMIT;
    UPDATE users SET id = id + 1 WHERE id >= 1000;
    COMMIT;
END
$$;

-- migrate:down
SELECT 1;
