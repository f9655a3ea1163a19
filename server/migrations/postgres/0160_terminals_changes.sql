-- Whom terminals have to fetch again: a row for each unit that changed people, their wallets, codes, limits or rules,
-- in the unit's own transaction. persons holds 16 bytes each; lists is 1 when the lists of codes changed with it.
-- position is the transaction's own number: rows below the oldest transaction that is still open are all there, so
-- that a reader who stops before it misses nothing. Old rows are forgotten, never the last of a school.
CREATE TABLE person_change (
    school_id UUID NOT NULL,
    position  BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    part      BIGSERIAL NOT NULL,
    lists     BIGINT NOT NULL,
    persons   BYTEA NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (school_id, position, part)
);
-- The feed begins with the school.
INSERT INTO person_change (school_id, lists, persons, at) SELECT id, 1, ''::bytea, 0 FROM school;
