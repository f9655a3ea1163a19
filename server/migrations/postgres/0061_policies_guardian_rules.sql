-- What guardians decided for one person: stricter than the school, never looser. Freezing here and by the school are
-- two facts. The line below which they are told of the balance stands beside it.
CREATE TABLE guardian_rule (
    school_id   UUID NOT NULL,
    person_id   UUID NOT NULL,
    version     BIGINT NOT NULL,
    frozen      BIGINT NOT NULL,
    low_balance BIGINT,
    body        TEXT NOT NULL,
    PRIMARY KEY (school_id, person_id)
);
