-- One printed code at two places sooner than a child can walk. The name is the purchase's: asked again, it is the same alarm.
CREATE TABLE copy_alarm (
    school_id     UUID NOT NULL,
    id            UUID NOT NULL,
    person_id     UUID NOT NULL,
    serial        BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    stall_id      UUID NOT NULL,
    last_stall_id UUID NOT NULL,
    seconds       BIGINT NOT NULL,
    sold          BIGINT NOT NULL,
    photo_checked BIGINT NOT NULL,
    finding       TEXT,
    note          TEXT,
    found_at      BIGINT,
    found_by      UUID,
    PRIMARY KEY (school_id, id)
);
