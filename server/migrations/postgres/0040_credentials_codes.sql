-- Signing keys by number, and the codes that were printed under them.
CREATE TABLE signing_key (
    kid         BIGINT NOT NULL PRIMARY KEY,
    school_id   UUID NOT NULL,
    batch_id    UUID NOT NULL,
    public_key  BYTEA NOT NULL,
    valid_from  BIGINT NOT NULL,
    valid_until BIGINT NOT NULL
);

-- The text of a code is sealed: who reads the table can't print cards.
CREATE TABLE credential (
    school_id    UUID NOT NULL,
    id           UUID NOT NULL,
    person_id    UUID NOT NULL,
    kind         TEXT NOT NULL,
    account      BIGINT NOT NULL,
    serial       BIGINT NOT NULL,
    issue_number BIGINT NOT NULL,
    status       TEXT NOT NULL,
    batch_id     UUID NOT NULL,
    text_sealed  BYTEA NOT NULL,
    issued_at    BIGINT NOT NULL,
    expires_on   BIGINT NOT NULL,
    lost_at      BIGINT,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX credential_by_serial ON credential (school_id, serial);
CREATE INDEX credential_by_person ON credential (school_id, person_id);
