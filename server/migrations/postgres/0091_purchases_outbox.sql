-- What others want to hear of, queued in the transaction of its cause. Its key is in time order.
CREATE TABLE outbox (
    school_id UUID NOT NULL,
    id        UUID NOT NULL,
    topic     TEXT NOT NULL,
    person_id UUID,
    body      TEXT NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (school_id, id)
);
