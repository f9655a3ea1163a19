-- One printed code at two places sooner than a child can walk. The name is the purchase's: asked again, it is the same alarm.
CREATE TABLE copy_alarm (
    school_id     BLOB NOT NULL,
    id            BLOB NOT NULL,
    person_id     BLOB NOT NULL,
    serial        INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    stall_id      BLOB NOT NULL,
    last_stall_id BLOB NOT NULL,
    seconds       INTEGER NOT NULL,
    sold          INTEGER NOT NULL,
    photo_checked INTEGER NOT NULL,
    finding       TEXT,
    note          TEXT,
    found_at      INTEGER,
    found_by      BLOB,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
