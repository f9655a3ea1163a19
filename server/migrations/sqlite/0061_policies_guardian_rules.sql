-- What guardians decided for one person: stricter than the school, never looser. Freezing here and by the school are
-- two facts. The line below which they are told of the balance stands beside it.
CREATE TABLE guardian_rule (
    school_id   BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    version     INTEGER NOT NULL,
    frozen      INTEGER NOT NULL,
    low_balance INTEGER,
    body        TEXT NOT NULL,
    PRIMARY KEY (school_id, person_id)
) STRICT, WITHOUT ROWID;
