-- Enrolment tickets, by the keyed hash of their digits: who reads the table can't enrol a phone.
CREATE TABLE phone_ticket (
    hash       BLOB NOT NULL PRIMARY KEY,
    school_id  BLOB NOT NULL,
    person_id  BLOB NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX phone_ticket_by_person ON phone_ticket (school_id, person_id);

-- A phone is a credential of the same id, which holds its state. not_before is that of the last credential that it
-- fetched, in minutes since 2020; proved_at the moment of the last proof, so that none is taken twice.
CREATE TABLE phone (
    id          BLOB NOT NULL PRIMARY KEY,
    school_id   BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    name        TEXT NOT NULL,
    protection  TEXT NOT NULL,
    device_key  BLOB NOT NULL,
    cookie_hash BLOB NOT NULL,
    account     INTEGER NOT NULL,
    serial      INTEGER NOT NULL,
    not_before  INTEGER NOT NULL,
    proved_at   INTEGER NOT NULL,
    enrolled_at INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX phone_by_cookie ON phone (cookie_hash);
CREATE INDEX phone_by_person ON phone (school_id, person_id);
-- The list of the office is read newest first.
CREATE INDEX phone_by_school ON phone (school_id, id);
