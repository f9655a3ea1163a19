-- A day closes while purchases go on. Whoever adds an entry holds the school's entries together with others; whoever
-- closes a day holds them alone, so that no entry is added between reading the day and closing it.
-- What was committed while waiting must then be seen: only a transaction that looks anew for each statement sees it.
CREATE OR REPLACE FUNCTION entry_may_be_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'an entry is added by a unit that locks what it decides on' USING ERRCODE = 'check_violation';
    END IF;
    IF (SELECT COALESCE(SUM((value->>1)::bigint), 0) FROM jsonb_array_elements(NEW.postings::jsonb)) <> 0 THEN
        RAISE EXCEPTION 'an entry must sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(NEW.school_id::text, 0));
    IF EXISTS (SELECT 1 FROM closed_day WHERE school_id = NEW.school_id AND day = NEW.day) THEN
        RAISE EXCEPTION 'the day of the entry is closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
