-- Signing keys by number, and the codes that were printed under them.
CREATE TABLE signing_key (
    kid         INTEGER NOT NULL PRIMARY KEY,
    school_id   BLOB NOT NULL,
    batch_id    BLOB NOT NULL,
    public_key  BLOB NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_until INTEGER NOT NULL
) STRICT;

-- The text of a code is sealed: who reads the table can't print cards.
CREATE TABLE credential (
    school_id    BLOB NOT NULL,
    id           BLOB NOT NULL,
    person_id    BLOB NOT NULL,
    kind         TEXT NOT NULL,
    account      INTEGER NOT NULL,
    serial       INTEGER NOT NULL,
    issue_number INTEGER NOT NULL,
    status       TEXT NOT NULL,
    batch_id     BLOB NOT NULL,
    text_sealed  BLOB NOT NULL,
    issued_at    INTEGER NOT NULL,
    expires_on   INTEGER NOT NULL,
    lost_at      INTEGER,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credential_by_serial ON credential (school_id, serial);
CREATE INDEX credential_by_person ON credential (school_id, person_id);
