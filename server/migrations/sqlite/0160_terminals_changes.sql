-- Whom terminals have to fetch again: a row for each unit that changed people, their wallets, codes, limits or rules,
-- in the unit's own transaction. persons holds 16 bytes each; lists is 1 when the lists of codes changed with it.
-- position rises in the order of commits; part is for several rows of one position. Old rows are forgotten, never the
-- last of a school.
CREATE TABLE person_change (
    school_id BLOB NOT NULL,
    position  INTEGER NOT NULL,
    part      INTEGER NOT NULL DEFAULT 0,
    lists     INTEGER NOT NULL,
    persons   BLOB NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (school_id, position, part)
) STRICT, WITHOUT ROWID;
-- The feed begins with the school.
INSERT INTO person_change (school_id, position, lists, persons, at) SELECT id, 1, 1, x'', 0 FROM school;
