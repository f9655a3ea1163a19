-- Numbers of cards that name a person at a card reader: sealed, and found by a keyed hash. They prove nothing: a number
-- can be copied. state: active, lost, ended. A number belongs to one person at a time; a card is given to the next
-- child.
CREATE TABLE person_card (
    school_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    person_id BLOB NOT NULL,
    hash      BLOB NOT NULL,
    sealed    BLOB NOT NULL,
    mask      TEXT NOT NULL,
    state     TEXT NOT NULL,
    bound_at  INTEGER NOT NULL,
    bound_by  BLOB NOT NULL,
    lost_at   INTEGER,
    ended_at  INTEGER,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX person_card_by_number ON person_card (school_id, hash) WHERE state <> 'ended';
CREATE INDEX person_card_by_hash ON person_card (school_id, hash);
CREATE INDEX person_card_by_person ON person_card (school_id, person_id);
