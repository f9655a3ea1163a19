-- What the school has decided, as one document a school, and limits of classes and persons.
CREATE TABLE policy (
    school_id UUID NOT NULL PRIMARY KEY,
    version   BIGINT NOT NULL,
    body      TEXT NOT NULL
);

CREATE TABLE own_limit (
    school_id  UUID NOT NULL,
    owner_kind TEXT NOT NULL,
    owner_id   UUID NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (school_id, owner_kind, owner_id)
);
