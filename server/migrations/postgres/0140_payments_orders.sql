-- Merchant numbers at payment channels. Their settings hold keys: sealed, written and never shown.
CREATE TABLE channel_account (
    school_id    UUID NOT NULL,
    id           UUID NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    clearing_org TEXT NOT NULL,
    settings     BYTEA NOT NULL,
    state        TEXT NOT NULL,
    version      BIGINT NOT NULL,
    made_at      BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    tested_at    BIGINT,
    test_result  TEXT,
    PRIMARY KEY (school_id, id)
);
-- A call-back names the account alone.
CREATE UNIQUE INDEX channel_account_by_id ON channel_account (id);

-- One request of a payer. A paid order's entry in the ledger has the same id, so it can be booked once only.
CREATE TABLE payment_order (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    person_id   UUID NOT NULL,
    guardian_id UUID,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    state       TEXT NOT NULL,
    alarm       BIGINT NOT NULL DEFAULT 0,
    payer_ip    TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    paid_at     BIGINT,
    looks       BIGINT NOT NULL DEFAULT 0,
    next_look   BIGINT,
    PRIMARY KEY (school_id, id)
);
CREATE INDEX payment_order_due ON payment_order (next_look) WHERE next_look IS NOT NULL;
CREATE INDEX payment_order_by_person ON payment_order (school_id, person_id, id);

-- What talks to a channel, under a number of its own. word: the channel's last one, for people.
CREATE TABLE payment_attempt (
    school_id      UUID NOT NULL,
    order_id       UUID NOT NULL,
    seq            BIGINT NOT NULL,
    number         TEXT NOT NULL,
    account_id     UUID NOT NULL,
    scene          TEXT NOT NULL,
    payer          TEXT,
    state          TEXT NOT NULL,
    channel_number TEXT,
    presented      TEXT,
    word           TEXT NOT NULL DEFAULT '',
    heard_at       BIGINT,
    PRIMARY KEY (school_id, order_id, seq)
);
CREATE UNIQUE INDEX payment_attempt_by_number ON payment_attempt (number);
CREATE INDEX payment_attempt_by_channel_number ON payment_attempt (channel_number) WHERE channel_number IS NOT NULL;

-- Everything that was done and heard, in its order; never changed.
CREATE TABLE payment_event (
    school_id  UUID NOT NULL,
    order_id   UUID NOT NULL,
    id         UUID NOT NULL,
    at         BIGINT NOT NULL,
    what       TEXT NOT NULL,
    before     TEXT NOT NULL,
    after      TEXT NOT NULL,
    word       TEXT NOT NULL,
    actor      UUID,
    PRIMARY KEY (school_id, order_id, id)
);
CREATE TRIGGER payment_event_is_immutable BEFORE UPDATE OR DELETE ON payment_event
    FOR EACH ROW EXECUTE FUNCTION row_is_immutable();

-- Call-backs that were verified, by the channel's own name of the event: the second one is a repeat.
CREATE TABLE channel_notice (
    account_id UUID NOT NULL,
    event      TEXT NOT NULL,
    school_id  UUID NOT NULL,
    number     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    result     TEXT NOT NULL,
    PRIMARY KEY (account_id, event)
);

-- Money back through the channel. source: the wallet that it leaves, or suspense when it never reached one.
CREATE TABLE refund (
    school_id      UUID NOT NULL,
    id             UUID NOT NULL,
    order_id       UUID NOT NULL,
    seq            BIGINT NOT NULL,
    number         TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    source         TEXT NOT NULL,
    reason         TEXT NOT NULL,
    state          TEXT NOT NULL,
    alarm          BIGINT NOT NULL DEFAULT 0,
    asked_by       UUID,
    asked_at       BIGINT NOT NULL,
    decided_by     UUID,
    decided_at     BIGINT,
    channel_number TEXT,
    word           TEXT NOT NULL DEFAULT '',
    done_at        BIGINT,
    looks          BIGINT NOT NULL DEFAULT 0,
    next_look      BIGINT,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX refund_by_number ON refund (number);
CREATE INDEX refund_by_order ON refund (school_id, order_id);
CREATE INDEX refund_due ON refund (next_look) WHERE next_look IS NOT NULL;

-- What a school decided about paying: who may clear (words with commas between; empty: anybody), and the amounts of
-- the buttons.
CREATE TABLE payment_policy (
    school_id     UUID NOT NULL,
    clearing_orgs TEXT NOT NULL,
    buttons       TEXT NOT NULL,
    PRIMARY KEY (school_id)
);
