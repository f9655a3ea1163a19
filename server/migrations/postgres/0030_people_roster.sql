-- Classes, people, and plans that change many of them.
CREATE TABLE class (
    school_id     UUID NOT NULL,
    id            UUID NOT NULL,
    name          TEXT NOT NULL,
    -- One key for the ways in which the same class is written.
    class_key     TEXT NOT NULL,
    grade         TEXT NOT NULL DEFAULT '',
    year_of_entry BIGINT,
    teacher       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX class_by_key ON class (school_id, class_key);

-- ID number and phone are sealed with the key file; their keyed hashes find a whole number, never a part.
CREATE TABLE person (
    school_id  UUID NOT NULL,
    id         UUID NOT NULL,
    kind       TEXT NOT NULL,
    number     TEXT NOT NULL,
    name       TEXT NOT NULL,
    class_id   UUID,
    status     TEXT NOT NULL,
    gender     TEXT,
    id_sealed  BYTEA,
    id_hash    BYTEA,
    id_mask    TEXT,
    phone_sealed BYTEA,
    phone_hash BYTEA,
    phone_mask TEXT,
    allergens  TEXT NOT NULL DEFAULT '',
    joined_on  BIGINT,
    left_on    BIGINT,
    has_photo  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX person_by_number ON person (school_id, number);
CREATE UNIQUE INDEX person_by_id_hash ON person (school_id, id_hash) WHERE id_hash IS NOT NULL;
CREATE INDEX person_by_class ON person (school_id, class_id);

CREATE TABLE photo (
    school_id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind      TEXT NOT NULL,
    bytes     BYTEA NOT NULL,
    PRIMARY KEY (school_id, person_id)
);

-- A plan's sheet and rows hold personal data: sealed, and erased when the plan is done.
CREATE TABLE person_plan (
    school_id  UUID NOT NULL,
    id         UUID NOT NULL,
    kind       TEXT NOT NULL,
    person_kind TEXT NOT NULL,
    state      TEXT NOT NULL,
    file_name  TEXT NOT NULL,
    sheets     BYTEA,
    mapping    TEXT NOT NULL,
    summary    TEXT NOT NULL,
    done_rows  BIGINT NOT NULL DEFAULT 0,
    total_rows BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    created_by UUID NOT NULL,
    PRIMARY KEY (school_id, id)
);

CREATE TABLE person_plan_row (
    school_id UUID NOT NULL,
    plan_id   UUID NOT NULL,
    row_number BIGINT NOT NULL,
    verdict   TEXT NOT NULL,
    applied   BIGINT NOT NULL DEFAULT 0,
    body      BYTEA NOT NULL,
    PRIMARY KEY (school_id, plan_id, row_number)
);
