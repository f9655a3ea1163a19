-- The ledger and what is derived from it. An entry's postings live inside its row; nothing else restates them.
CREATE TABLE entry (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    kind        TEXT NOT NULL,
    day         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    booked_at   INTEGER NOT NULL,
    person_id   BLOB,
    stall_id    BLOB,
    amount      INTEGER NOT NULL,
    postings    TEXT NOT NULL,
    corrects    BLOB,
    previous_id BLOB,
    detail      TEXT NOT NULL,
    hash        BLOB NOT NULL,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;

-- An entry is corrected once at the most.
CREATE UNIQUE INDEX entry_corrects ON entry (school_id, corrects) WHERE corrects IS NOT NULL;

-- Append-friendly: a day's entries come one after the other. Day close, lists and live sales read along it.
CREATE INDEX entry_by_day ON entry (school_id, day, id);

CREATE TABLE closed_day (
    school_id BLOB NOT NULL,
    day       INTEGER NOT NULL,
    entries   INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    previous  BLOB NOT NULL,
    root      BLOB NOT NULL,
    closed_at INTEGER NOT NULL,
    closed_by BLOB NOT NULL,
    PRIMARY KEY (school_id, day)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_is_balanced BEFORE INSERT ON entry
WHEN (SELECT COALESCE(SUM(json_extract(value, '$[1]')), 0) FROM json_each(NEW.postings)) <> 0
BEGIN SELECT RAISE(ABORT, 'an entry must sum to zero'); END;

CREATE TRIGGER entry_day_is_open BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM closed_day WHERE school_id = NEW.school_id AND day = NEW.day)
BEGIN SELECT RAISE(ABORT, 'the day of the entry is closed'); END;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is immutable'); END;

CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is immutable'); END;

CREATE TRIGGER closed_day_is_never_changed BEFORE UPDATE ON closed_day
BEGIN SELECT RAISE(ABORT, 'a closed day is immutable'); END;

CREATE TRIGGER closed_day_is_never_removed BEFORE DELETE ON closed_day
BEGIN SELECT RAISE(ABORT, 'a closed day is immutable'); END;

-- One wide row a person: eight wallets (slot 0 is cash), arrears, counters of the limits, the head of the statement.
CREATE TABLE account (
    school_id     BLOB NOT NULL,
    person_id     BLOB NOT NULL,
    wallet_0      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_0 >= 0),
    wallet_1      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_1 >= 0),
    wallet_2      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_2 >= 0),
    wallet_3      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_3 >= 0),
    wallet_4      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_4 >= 0),
    wallet_5      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_5 >= 0),
    wallet_6      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_6 >= 0),
    wallet_7      INTEGER NOT NULL DEFAULT 0 CHECK (wallet_7 >= 0),
    arrears       INTEGER NOT NULL DEFAULT 0 CHECK (arrears >= 0),
    frozen        INTEGER NOT NULL DEFAULT 0,
    frozen_reason TEXT,
    counters      TEXT NOT NULL DEFAULT '',
    last_entry    BLOB,
    last_at       INTEGER,
    PRIMARY KEY (school_id, person_id)
) STRICT, WITHOUT ROWID;

-- What a day did to each account that is not one person's; "wallets" and "arrears" stand for all persons together.
-- The lane spreads a hot row over the writers; it is summed on read.
CREATE TABLE day_total (
    school_id BLOB NOT NULL,
    day       INTEGER NOT NULL,
    account   TEXT NOT NULL,
    lane      INTEGER NOT NULL,
    entries   INTEGER NOT NULL,
    debit     INTEGER NOT NULL,
    credit    INTEGER NOT NULL,
    PRIMARY KEY (school_id, day, account, lane)
) STRICT, WITHOUT ROWID;
