-- What a guardian objects to about a purchase, and the school's answer. due_at is the end of the last school day on which
-- it is answered in time.
CREATE TABLE complaint (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    person_id   UUID NOT NULL,
    guardian_id UUID NOT NULL,
    binding_id  UUID NOT NULL,
    purchase_id UUID NOT NULL,
    -- wrong_amount, not_mine, not_eaten, quality or other
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    -- open, answered or refunded
    state       TEXT NOT NULL,
    at          BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    answer      TEXT,
    answered_at BIGINT,
    answered_by UUID,
    -- The entry that gave the money back.
    refund_id   UUID,
    PRIMARY KEY (school_id, id)
);
-- The office reads newest first; a guardian reads those of one child.
CREATE INDEX complaint_by_time ON complaint (school_id, at, id);
CREATE INDEX complaint_by_person ON complaint (school_id, person_id, at, id);
CREATE UNIQUE INDEX complaint_open_once ON complaint (school_id, purchase_id, guardian_id) WHERE state = 'open';
