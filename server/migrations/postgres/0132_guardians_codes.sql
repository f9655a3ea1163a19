-- Binding codes, by the keyed hash of their signs: who reads the table can't bind a child.
CREATE TABLE binding_code (
    hash       BYTEA NOT NULL PRIMARY KEY,
    school_id  UUID NOT NULL,
    person_id  UUID NOT NULL,
    made_at    BIGINT NOT NULL,
    made_by    UUID NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    -- The guardian.
    used_by    UUID,
    revoked_at BIGINT
);
CREATE INDEX binding_code_by_person ON binding_code (school_id, person_id);

-- Wrong look-ups: by the keyed hash of a guardian, of an address, and of what was tried as a code.
CREATE TABLE binding_try (
    key_hash     BYTEA NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);
CREATE INDEX binding_try_by_time ON binding_try (first_at);

-- How many look-ups were refused on a day. The nil school counts codes that no school made.
CREATE TABLE binding_refused (
    school_id UUID NOT NULL,
    day       BIGINT NOT NULL,
    look_ups  BIGINT NOT NULL,
    PRIMARY KEY (school_id, day)
);
