-- A guardian is one phone number, over all schools: sealed, found by its keyed hash.
CREATE TABLE guardian (
    id           BLOB NOT NULL PRIMARY KEY,
    phone_sealed BLOB NOT NULL,
    phone_hash   BLOB NOT NULL,
    phone_mask   TEXT NOT NULL,
    name         TEXT NOT NULL DEFAULT '',
    locale       TEXT NOT NULL DEFAULT 'zh',
    -- Larger and simpler pages.
    elder        INTEGER NOT NULL DEFAULT 0,
    -- Minutes of the day in China between which messages wait. Both are null where none do.
    quiet_from   INTEGER,
    quiet_to     INTEGER,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX guardian_by_phone ON guardian (phone_hash);

CREATE TABLE guardian_session (
    token_hash  BLOB NOT NULL PRIMARY KEY,
    guardian_id BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX guardian_session_by_guardian ON guardian_session (guardian_id);
CREATE INDEX guardian_session_by_use ON guardian_session (seen_at);

-- The one sign-in code of a phone that is good now; of its digits only the keyed hash.
CREATE TABLE guardian_code (
    phone_hash BLOB NOT NULL PRIMARY KEY,
    code_hash  BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    tries      INTEGER NOT NULL
) STRICT;

-- When codes were asked for, for a day: a phone is sent only so many.
CREATE TABLE guardian_code_ask (
    id         BLOB NOT NULL PRIMARY KEY,
    phone_hash BLOB NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX guardian_code_ask_by_phone ON guardian_code_ask (phone_hash, at);
CREATE INDEX guardian_code_ask_by_time ON guardian_code_ask (at);
