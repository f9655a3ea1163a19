-- Operators, districts, schools and their places, meal periods and calendar.
CREATE TABLE school (
    id          UUID NOT NULL PRIMARY KEY,
    district_id UUID NOT NULL,
    name        TEXT NOT NULL,
    short       TEXT NOT NULL,
    number      TEXT NOT NULL UNIQUE,
    district    TEXT NOT NULL DEFAULT '',
    address     TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '',
    -- Every change to places, periods or calendar adds one: what was kept in memory is then stale.
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL
);

CREATE TABLE campus (
    school_id UUID NOT NULL,
    id        UUID NOT NULL,
    name      TEXT NOT NULL,
    closed    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
);

CREATE TABLE canteen (
    school_id UUID NOT NULL,
    id        UUID NOT NULL,
    campus_id UUID NOT NULL,
    name      TEXT NOT NULL,
    seats     BIGINT NOT NULL DEFAULT 0,
    closed    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
);

CREATE TABLE stall (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    canteen_id  UUID NOT NULL,
    name        TEXT NOT NULL,
    number      BIGINT NOT NULL,
    modes       TEXT NOT NULL,
    fixed_price BIGINT,
    closed      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
);

CREATE TABLE meal_period (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    name_zh     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    starts      BIGINT NOT NULL,
    ends        BIGINT NOT NULL,
    weekdays    TEXT NOT NULL,
    fixed_price BIGINT,
    free        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
);

CREATE TABLE term (
    school_id UUID NOT NULL,
    first_day BIGINT NOT NULL,
    last_day  BIGINT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (school_id, first_day)
);

CREATE TABLE special_day (
    school_id UUID NOT NULL,
    day       BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (school_id, day)
);
