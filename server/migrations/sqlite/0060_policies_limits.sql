-- What the school has decided, as one document a school, and limits of classes and persons.
CREATE TABLE policy (
    school_id BLOB NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL,
    body      TEXT NOT NULL
) STRICT;

CREATE TABLE own_limit (
    school_id  BLOB NOT NULL,
    owner_kind TEXT NOT NULL,
    owner_id   BLOB NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (school_id, owner_kind, owner_id)
) STRICT, WITHOUT ROWID;
