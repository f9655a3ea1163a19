-- What others want to hear of, queued in the transaction of its cause. Its key is in time order.
CREATE TABLE outbox (
    school_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    topic     TEXT NOT NULL,
    person_id BLOB,
    body      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
