-- The ledger and what is derived from it. An entry's postings live inside its row; nothing else restates them.
CREATE TABLE entry (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    kind        TEXT NOT NULL,
    day         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    booked_at   BIGINT NOT NULL,
    person_id   UUID,
    stall_id    UUID,
    amount      BIGINT NOT NULL,
    postings    TEXT NOT NULL,
    corrects    UUID,
    previous_id UUID,
    detail      TEXT NOT NULL,
    hash        BYTEA NOT NULL,
    PRIMARY KEY (school_id, id)
);

-- An entry is corrected once at the most.
CREATE UNIQUE INDEX entry_corrects ON entry (school_id, corrects) WHERE corrects IS NOT NULL;

-- Append-friendly: a day's entries come one after the other. Day close, lists and live sales read along it.
CREATE INDEX entry_by_day ON entry (school_id, day, id);

CREATE TABLE closed_day (
    school_id UUID NOT NULL,
    day       BIGINT NOT NULL,
    entries   BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    previous  BYTEA NOT NULL,
    root      BYTEA NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by UUID NOT NULL,
    PRIMARY KEY (school_id, day)
);

CREATE FUNCTION entry_may_be_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT COALESCE(SUM((value->>1)::bigint), 0) FROM jsonb_array_elements(NEW.postings::jsonb)) <> 0 THEN
        RAISE EXCEPTION 'an entry must sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM closed_day WHERE school_id = NEW.school_id AND day = NEW.day) THEN
        RAISE EXCEPTION 'the day of the entry is closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION row_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is immutable', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER entry_may_be_added BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_may_be_added();
CREATE TRIGGER entry_is_immutable BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION row_is_immutable();
CREATE TRIGGER closed_day_is_immutable BEFORE UPDATE OR DELETE ON closed_day
    FOR EACH ROW EXECUTE FUNCTION row_is_immutable();

-- One wide row a person: eight wallets (slot 0 is cash), arrears, counters of the limits, the head of the statement.
CREATE TABLE account (
    school_id     UUID NOT NULL,
    person_id     UUID NOT NULL,
    wallet_0      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_0 >= 0),
    wallet_1      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_1 >= 0),
    wallet_2      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_2 >= 0),
    wallet_3      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_3 >= 0),
    wallet_4      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_4 >= 0),
    wallet_5      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_5 >= 0),
    wallet_6      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_6 >= 0),
    wallet_7      BIGINT NOT NULL DEFAULT 0 CHECK (wallet_7 >= 0),
    arrears       BIGINT NOT NULL DEFAULT 0 CHECK (arrears >= 0),
    frozen        BIGINT NOT NULL DEFAULT 0,
    frozen_reason TEXT,
    counters      TEXT NOT NULL DEFAULT '',
    last_entry    UUID,
    last_at       BIGINT,
    PRIMARY KEY (school_id, person_id)
);

-- What a day did to each account that is not one person's; "wallets" and "arrears" stand for all persons together.
-- The lane spreads a hot row over the writers; it is summed on read.
CREATE TABLE day_total (
    school_id UUID NOT NULL,
    day       BIGINT NOT NULL,
    account   TEXT NOT NULL,
    lane      BIGINT NOT NULL,
    entries   BIGINT NOT NULL,
    debit     BIGINT NOT NULL,
    credit    BIGINT NOT NULL,
    PRIMARY KEY (school_id, day, account, lane)
);
