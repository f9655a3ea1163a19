-- An adult tied to a person of a school. Rows stay: an ended one still says that the school locked its guardian out.
CREATE TABLE binding (
    id          UUID NOT NULL PRIMARY KEY,
    guardian_id UUID NOT NULL,
    school_id   UUID NOT NULL,
    -- Null until the school says whom the guardian meant.
    person_id   UUID,
    -- pending, active, refused or ended
    state       TEXT NOT NULL,
    -- father, mother, grandparent or other
    relation    TEXT NOT NULL,
    may_see     BIGINT NOT NULL,
    may_pay     BIGINT NOT NULL,
    may_control BIGINT NOT NULL,
    -- The school keeps this guardian out of this child (custody).
    locked      BIGINT NOT NULL DEFAULT 0,
    -- The consents that count now. The table of consents holds every answer that led here.
    meals       BIGINT NOT NULL,
    messages    BIGINT NOT NULL,
    photo       BIGINT NOT NULL,
    -- What the guardian typed, sealed: only while the school has not agreed.
    typed       BYTEA,
    answer      TEXT NOT NULL DEFAULT '',
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT,
    ended_at    BIGINT
);
CREATE UNIQUE INDEX binding_once ON binding (guardian_id, school_id, person_id) WHERE state = 'active';
CREATE INDEX binding_by_guardian ON binding (guardian_id, id);
CREATE INDEX binding_by_person ON binding (school_id, person_id, state);
CREATE INDEX binding_by_school ON binding (school_id, id);
