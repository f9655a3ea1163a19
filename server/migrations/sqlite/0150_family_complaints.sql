-- What a guardian objects to about a purchase, and the school's answer. due_at is the end of the last school day on which
-- it is answered in time.
CREATE TABLE complaint (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    guardian_id BLOB NOT NULL,
    binding_id  BLOB NOT NULL,
    purchase_id BLOB NOT NULL,
    -- wrong_amount, not_mine, not_eaten, quality or other
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    -- open, answered or refunded
    state       TEXT NOT NULL,
    at          INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    answer      TEXT,
    answered_at INTEGER,
    answered_by BLOB,
    -- The entry that gave the money back.
    refund_id   BLOB,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
-- The office reads newest first; a guardian reads those of one child.
CREATE INDEX complaint_by_time ON complaint (school_id, at, id);
CREATE INDEX complaint_by_person ON complaint (school_id, person_id, at, id);
CREATE UNIQUE INDEX complaint_open_once ON complaint (school_id, purchase_id, guardian_id) WHERE state = 'open';
