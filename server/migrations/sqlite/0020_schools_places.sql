-- Operators, districts, schools and their places, meal periods and calendar.
CREATE TABLE school (
    id          BLOB NOT NULL PRIMARY KEY,
    district_id BLOB NOT NULL,
    name        TEXT NOT NULL,
    short       TEXT NOT NULL,
    number      TEXT NOT NULL UNIQUE,
    district    TEXT NOT NULL DEFAULT '',
    address     TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '',
    -- Every change to places, periods or calendar adds one: what was kept in memory is then stale.
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE campus (
    school_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    name      TEXT NOT NULL,
    closed    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE canteen (
    school_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    campus_id BLOB NOT NULL,
    name      TEXT NOT NULL,
    seats     INTEGER NOT NULL DEFAULT 0,
    closed    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stall (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    canteen_id  BLOB NOT NULL,
    name        TEXT NOT NULL,
    number      INTEGER NOT NULL,
    modes       TEXT NOT NULL,
    fixed_price INTEGER,
    closed      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE meal_period (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    name_zh     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    weekdays    TEXT NOT NULL,
    fixed_price INTEGER,
    free        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE term (
    school_id BLOB NOT NULL,
    first_day INTEGER NOT NULL,
    last_day  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (school_id, first_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE special_day (
    school_id BLOB NOT NULL,
    day       INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (school_id, day)
) STRICT, WITHOUT ROWID;
