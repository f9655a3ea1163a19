-- Whether the balance was below the guardians' line when it was last looked at, and how often it has crossed it: one
-- message for each crossing.
CREATE TABLE low_balance (
    school_id UUID NOT NULL,
    person_id UUID NOT NULL,
    below     BIGINT NOT NULL,
    crossings BIGINT NOT NULL,
    PRIMARY KEY (school_id, person_id)
);
