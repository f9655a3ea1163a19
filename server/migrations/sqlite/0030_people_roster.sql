-- Classes, people, and plans that change many of them.
CREATE TABLE class (
    school_id     BLOB NOT NULL,
    id            BLOB NOT NULL,
    name          TEXT NOT NULL,
    -- One key for the ways in which the same class is written.
    class_key     TEXT NOT NULL,
    grade         TEXT NOT NULL DEFAULT '',
    year_of_entry INTEGER,
    teacher       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX class_by_key ON class (school_id, class_key);

-- ID number and phone are sealed with the key file; their keyed hashes find a whole number, never a part.
CREATE TABLE person (
    school_id  BLOB NOT NULL,
    id         BLOB NOT NULL,
    kind       TEXT NOT NULL,
    number     TEXT NOT NULL,
    name       TEXT NOT NULL,
    class_id   BLOB,
    status     TEXT NOT NULL,
    gender     TEXT,
    id_sealed  BLOB,
    id_hash    BLOB,
    id_mask    TEXT,
    phone_sealed BLOB,
    phone_hash BLOB,
    phone_mask TEXT,
    allergens  TEXT NOT NULL DEFAULT '',
    joined_on  INTEGER,
    left_on    INTEGER,
    has_photo  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX person_by_number ON person (school_id, number);
CREATE UNIQUE INDEX person_by_id_hash ON person (school_id, id_hash) WHERE id_hash IS NOT NULL;
CREATE INDEX person_by_class ON person (school_id, class_id);

CREATE TABLE photo (
    school_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    kind      TEXT NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (school_id, person_id)
) STRICT, WITHOUT ROWID;

-- A plan's sheet and rows hold personal data: sealed, and erased when the plan is done.
CREATE TABLE person_plan (
    school_id  BLOB NOT NULL,
    id         BLOB NOT NULL,
    kind       TEXT NOT NULL,
    person_kind TEXT NOT NULL,
    state      TEXT NOT NULL,
    file_name  TEXT NOT NULL,
    sheets     BLOB,
    mapping    TEXT NOT NULL,
    summary    TEXT NOT NULL,
    done_rows  INTEGER NOT NULL DEFAULT 0,
    total_rows INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE person_plan_row (
    school_id BLOB NOT NULL,
    plan_id   BLOB NOT NULL,
    row_number INTEGER NOT NULL,
    verdict   TEXT NOT NULL,
    applied   INTEGER NOT NULL DEFAULT 0,
    body      BLOB NOT NULL,
    PRIMARY KEY (school_id, plan_id, row_number)
) STRICT, WITHOUT ROWID;
