-- Binding codes, by the keyed hash of their signs: who reads the table can't bind a child.
CREATE TABLE binding_code (
    hash       BLOB NOT NULL PRIMARY KEY,
    school_id  BLOB NOT NULL,
    person_id  BLOB NOT NULL,
    made_at    INTEGER NOT NULL,
    made_by    BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    -- The guardian.
    used_by    BLOB,
    revoked_at INTEGER
) STRICT;
CREATE INDEX binding_code_by_person ON binding_code (school_id, person_id);

-- Wrong look-ups: by the keyed hash of a guardian, of an address, and of what was tried as a code.
CREATE TABLE binding_try (
    key_hash     BLOB NOT NULL PRIMARY KEY,
    failures     INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX binding_try_by_time ON binding_try (first_at);

-- How many look-ups were refused on a day. The nil school counts codes that no school made.
CREATE TABLE binding_refused (
    school_id BLOB NOT NULL,
    day       INTEGER NOT NULL,
    look_ups  INTEGER NOT NULL,
    PRIMARY KEY (school_id, day)
) STRICT, WITHOUT ROWID;
