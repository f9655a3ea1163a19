-- A guardian is one phone number, over all schools: sealed, found by its keyed hash.
CREATE TABLE guardian (
    id           UUID NOT NULL PRIMARY KEY,
    phone_sealed BYTEA NOT NULL,
    phone_hash   BYTEA NOT NULL,
    phone_mask   TEXT NOT NULL,
    name         TEXT NOT NULL DEFAULT '',
    locale       TEXT NOT NULL DEFAULT 'zh',
    -- Larger and simpler pages.
    elder        BIGINT NOT NULL DEFAULT 0,
    -- Minutes of the day in China between which messages wait. Both are null where none do.
    quiet_from   BIGINT,
    quiet_to     BIGINT,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX guardian_by_phone ON guardian (phone_hash);

CREATE TABLE guardian_session (
    token_hash  BYTEA NOT NULL PRIMARY KEY,
    guardian_id UUID NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);
CREATE INDEX guardian_session_by_guardian ON guardian_session (guardian_id);
CREATE INDEX guardian_session_by_use ON guardian_session (seen_at);

-- The one sign-in code of a phone that is good now; of its digits only the keyed hash.
CREATE TABLE guardian_code (
    phone_hash BYTEA NOT NULL PRIMARY KEY,
    code_hash  BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    tries      BIGINT NOT NULL
);

-- When codes were asked for, for a day: a phone is sent only so many.
CREATE TABLE guardian_code_ask (
    id         UUID NOT NULL PRIMARY KEY,
    phone_hash BYTEA NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX guardian_code_ask_by_phone ON guardian_code_ask (phone_hash, at);
CREATE INDEX guardian_code_ask_by_time ON guardian_code_ask (at);
