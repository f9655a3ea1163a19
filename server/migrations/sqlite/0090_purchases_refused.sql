-- Purchases that were refused: the first answer for a repeated name, and an answer to "why was my child refused".
CREATE TABLE refused_purchase (
    school_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    day       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    person_id BLOB,
    stall_id  BLOB NOT NULL,
    amount    INTEGER NOT NULL,
    code      TEXT NOT NULL,
    detail    TEXT NOT NULL,
    digest    BLOB NOT NULL,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX refused_purchase_by_day ON refused_purchase (school_id, day, id);
