-- Makers of gates and buses that may fetch the school's lists. Of a token only its hash is kept.
CREATE TABLE integrator (
    school_id    BLOB NOT NULL,
    id           BLOB NOT NULL,
    name         TEXT NOT NULL,
    token_hash   BLOB NOT NULL,
    made_at      INTEGER NOT NULL,
    last_seen_at INTEGER,
    revoked_at   INTEGER,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX integrator_by_token ON integrator (school_id, token_hash);
