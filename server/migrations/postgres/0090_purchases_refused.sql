-- Purchases that were refused: the first answer for a repeated name, and an answer to "why was my child refused".
CREATE TABLE refused_purchase (
    school_id UUID NOT NULL,
    id        UUID NOT NULL,
    day       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    person_id UUID,
    stall_id  UUID NOT NULL,
    amount    BIGINT NOT NULL,
    code      TEXT NOT NULL,
    detail    TEXT NOT NULL,
    digest    BYTEA NOT NULL,
    PRIMARY KEY (school_id, id)
);
CREATE INDEX refused_purchase_by_day ON refused_purchase (school_id, day, id);
