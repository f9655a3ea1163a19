-- Signing in through a channel. A round to the channel and back, once, for the browser that began it.
CREATE TABLE guardian_round (
    state_hash   BLOB NOT NULL PRIMARY KEY,
    browser_hash BLOB NOT NULL,
    provider     TEXT NOT NULL,
    return_to    TEXT NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX guardian_round_by_time ON guardian_round (expires_at);

-- An account of a channel that came back and is nobody's yet: the next sign-in of this browser takes it.
CREATE TABLE guardian_unlinked (
    token_hash     BLOB NOT NULL PRIMARY KEY,
    provider       TEXT NOT NULL,
    account_hash   BLOB NOT NULL,
    account_sealed BLOB NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX guardian_unlinked_by_time ON guardian_unlinked (expires_at);

-- An account of a channel is one guardian's.
CREATE TABLE guardian_link (
    provider     TEXT NOT NULL,
    account_hash BLOB NOT NULL,
    guardian_id  BLOB NOT NULL,
    linked_at    INTEGER NOT NULL,
    PRIMARY KEY (provider, account_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX guardian_link_by_guardian ON guardian_link (guardian_id);
