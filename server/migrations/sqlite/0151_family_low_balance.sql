-- Whether the balance was below the guardians' line when it was last looked at, and how often it has crossed it: one
-- message for each crossing.
CREATE TABLE low_balance (
    school_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    below     INTEGER NOT NULL,
    crossings INTEGER NOT NULL,
    PRIMARY KEY (school_id, person_id)
) STRICT, WITHOUT ROWID;
