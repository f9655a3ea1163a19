-- What a guardian agreed to at a channel account: debits without asking each time. One may serve several children.
CREATE TABLE mandate (
    school_id      UUID NOT NULL,
    id             UUID NOT NULL,
    guardian_id    UUID NOT NULL,
    account_id     UUID NOT NULL,
    number         TEXT NOT NULL,
    scene          TEXT NOT NULL,
    state          TEXT NOT NULL,
    channel_number TEXT,
    presented      TEXT,
    word           TEXT NOT NULL DEFAULT '',
    made_at        BIGINT NOT NULL,
    signed_at      BIGINT,
    ended_at       BIGINT,
    heard_at       BIGINT,
    looks          BIGINT NOT NULL DEFAULT 0,
    next_look      BIGINT,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX mandate_by_number ON mandate (number);
CREATE INDEX mandate_by_guardian ON mandate (school_id, guardian_id);
CREATE INDEX mandate_due ON mandate (next_look) WHERE next_look IS NOT NULL;

-- When money is fetched for a child by itself: one rule a child, by the guardian who agreed to the text of that
-- version. why: the pure rule's last word; refused_why: what the last debit without money said.
CREATE TABLE auto_topup (
    school_id       UUID NOT NULL,
    person_id       UUID NOT NULL,
    guardian_id     UUID NOT NULL,
    mandate_id      UUID,
    floor           BIGINT NOT NULL CHECK (floor > 0),
    target          BIGINT NOT NULL CHECK (target > floor),
    month_cap       BIGINT NOT NULL CHECK (month_cap > 0),
    paused          BIGINT NOT NULL,
    consent_version BIGINT NOT NULL,
    agreed_at       BIGINT NOT NULL,
    refused_at      BIGINT,
    refused_why     TEXT,
    why             TEXT NOT NULL DEFAULT '',
    next_look       BIGINT,
    PRIMARY KEY (school_id, person_id)
);
CREATE INDEX auto_topup_due ON auto_topup (next_look) WHERE next_look IS NOT NULL;

-- A payment order that was debited by itself. The index lets a child have one open at the most.
CREATE TABLE auto_debit (
    school_id  UUID NOT NULL,
    order_id   UUID NOT NULL,
    person_id  UUID NOT NULL,
    mandate_id UUID NOT NULL,
    day        BIGINT NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    open       BIGINT NOT NULL,
    PRIMARY KEY (school_id, order_id)
);
CREATE UNIQUE INDEX auto_debit_one_open ON auto_debit (school_id, person_id) WHERE open = 1;
CREATE INDEX auto_debit_by_person ON auto_debit (school_id, person_id, day);
