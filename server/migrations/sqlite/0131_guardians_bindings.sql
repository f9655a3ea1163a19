-- An adult tied to a person of a school. Rows stay: an ended one still says that the school locked its guardian out.
CREATE TABLE binding (
    id          BLOB NOT NULL PRIMARY KEY,
    guardian_id BLOB NOT NULL,
    school_id   BLOB NOT NULL,
    -- Null until the school says whom the guardian meant.
    person_id   BLOB,
    -- pending, active, refused or ended
    state       TEXT NOT NULL,
    -- father, mother, grandparent or other
    relation    TEXT NOT NULL,
    may_see     INTEGER NOT NULL,
    may_pay     INTEGER NOT NULL,
    may_control INTEGER NOT NULL,
    -- The school keeps this guardian out of this child (custody).
    locked      INTEGER NOT NULL DEFAULT 0,
    -- The consents that count now. The table of consents holds every answer that led here.
    meals       INTEGER NOT NULL,
    messages    INTEGER NOT NULL,
    photo       INTEGER NOT NULL,
    -- What the guardian typed, sealed: only while the school has not agreed.
    typed       BLOB,
    answer      TEXT NOT NULL DEFAULT '',
    asked_at    INTEGER NOT NULL,
    answered_at INTEGER,
    ended_at    INTEGER
) STRICT;
CREATE UNIQUE INDEX binding_once ON binding (guardian_id, school_id, person_id) WHERE state = 'active';
CREATE INDEX binding_by_guardian ON binding (guardian_id, id);
CREATE INDEX binding_by_person ON binding (school_id, person_id, state);
CREATE INDEX binding_by_school ON binding (school_id, id);
