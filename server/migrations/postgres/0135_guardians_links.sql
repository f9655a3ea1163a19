-- Signing in through a channel. A round to the channel and back, once, for the browser that began it.
CREATE TABLE guardian_round (
    state_hash   BYTEA NOT NULL PRIMARY KEY,
    browser_hash BYTEA NOT NULL,
    provider     TEXT NOT NULL,
    return_to    TEXT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX guardian_round_by_time ON guardian_round (expires_at);

-- An account of a channel that came back and is nobody's yet: the next sign-in of this browser takes it.
CREATE TABLE guardian_unlinked (
    token_hash     BYTEA NOT NULL PRIMARY KEY,
    provider       TEXT NOT NULL,
    account_hash   BYTEA NOT NULL,
    account_sealed BYTEA NOT NULL,
    expires_at     BIGINT NOT NULL
);
CREATE INDEX guardian_unlinked_by_time ON guardian_unlinked (expires_at);

-- An account of a channel is one guardian's.
CREATE TABLE guardian_link (
    provider     TEXT NOT NULL,
    account_hash BYTEA NOT NULL,
    guardian_id  UUID NOT NULL,
    linked_at    BIGINT NOT NULL,
    PRIMARY KEY (provider, account_hash)
);
CREATE INDEX guardian_link_by_guardian ON guardian_link (guardian_id);
