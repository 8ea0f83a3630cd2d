-- revision: 002
-- parent: 001
-- message: Close old orders
-- irreversible: a test

-- migrate:up
CREATE FUNCTION close_old(days integer) RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    closed integer := 0;
BEGIN
    IF days < 1 THN
        RAISE EXCEPTION 'days must be positive';
    END IF;
    UPDATE orders SET state = 'closed';
    GET DIAGNOSTICS closed = ROW_COUNT;
    RETURN closed;
END;
$$;

CREATE FUNCTION reopen() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    FOR i IN 1..3 LOOP
        IF i = 2 THEN
            RAISE NOTICE 'two';
        ELSE IF i = 3 THEN
            RAISE NOTICE 'three';
        END IF;
    END LOOP;
END;
$$;
