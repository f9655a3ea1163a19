-- Numbers of cards that name a person at a card reader: sealed, and found by a keyed hash. They prove nothing: a number
-- can be copied. state: active, lost, ended. A number belongs to one person at a time; a card is given to the next
-- child.
CREATE TABLE person_card (
    school_id UUID NOT NULL,
    id        UUID NOT NULL,
    person_id UUID NOT NULL,
    hash      BYTEA NOT NULL,
    sealed    BYTEA NOT NULL,
    mask      TEXT NOT NULL,
    state     TEXT NOT NULL,
    bound_at  BIGINT NOT NULL,
    bound_by  UUID NOT NULL,
    lost_at   BIGINT,
    ended_at  BIGINT,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX person_card_by_number ON person_card (school_id, hash) WHERE state <> 'ended';
CREATE INDEX person_card_by_hash ON person_card (school_id, hash);
CREATE INDEX person_card_by_person ON person_card (school_id, person_id);
