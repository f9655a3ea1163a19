-- The last day whose offline sales were compared with others of the same person: each day is looked at once, at night.
CREATE TABLE slip_night (
    school_id UUID PRIMARY KEY,
    day       BIGINT NOT NULL
);
