-- Enrolment tickets, by the keyed hash of their digits: who reads the table can't enrol a phone.
CREATE TABLE phone_ticket (
    hash       BYTEA NOT NULL PRIMARY KEY,
    school_id  UUID NOT NULL,
    person_id  UUID NOT NULL,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX phone_ticket_by_person ON phone_ticket (school_id, person_id);

-- A phone is a credential of the same id, which holds its state. not_before is that of the last credential that it
-- fetched, in minutes since 2020; proved_at the moment of the last proof, so that none is taken twice.
CREATE TABLE phone (
    id          UUID NOT NULL PRIMARY KEY,
    school_id   UUID NOT NULL,
    person_id   UUID NOT NULL,
    name        TEXT NOT NULL,
    protection  TEXT NOT NULL,
    device_key  BYTEA NOT NULL,
    cookie_hash BYTEA NOT NULL,
    account     BIGINT NOT NULL,
    serial      BIGINT NOT NULL,
    not_before  BIGINT NOT NULL,
    proved_at   BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX phone_by_cookie ON phone (cookie_hash);
CREATE INDEX phone_by_person ON phone (school_id, person_id);
-- The list of the office is read newest first.
CREATE INDEX phone_by_school ON phone (school_id, id);
