-- Merchant numbers at payment channels. Their settings hold keys: sealed, written and never shown.
CREATE TABLE channel_account (
    school_id    BLOB NOT NULL,
    id           BLOB NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    clearing_org TEXT NOT NULL,
    settings     BLOB NOT NULL,
    state        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    made_at      INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    tested_at    INTEGER,
    test_result  TEXT,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
-- A call-back names the account alone.
CREATE UNIQUE INDEX channel_account_by_id ON channel_account (id);

-- One request of a payer. A paid order's entry in the ledger has the same id, so it can be booked once only.
CREATE TABLE payment_order (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    guardian_id BLOB,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    state       TEXT NOT NULL,
    alarm       INTEGER NOT NULL DEFAULT 0,
    payer_ip    TEXT NOT NULL,
    made_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    paid_at     INTEGER,
    looks       INTEGER NOT NULL DEFAULT 0,
    next_look   INTEGER,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_order_due ON payment_order (next_look) WHERE next_look IS NOT NULL;
CREATE INDEX payment_order_by_person ON payment_order (school_id, person_id, id);

-- What talks to a channel, under a number of its own. word: the channel's last one, for people.
CREATE TABLE payment_attempt (
    school_id      BLOB NOT NULL,
    order_id       BLOB NOT NULL,
    seq            INTEGER NOT NULL,
    number         TEXT NOT NULL,
    account_id     BLOB NOT NULL,
    scene          TEXT NOT NULL,
    payer          TEXT,
    state          TEXT NOT NULL,
    channel_number TEXT,
    presented      TEXT,
    word           TEXT NOT NULL DEFAULT '',
    heard_at       INTEGER,
    PRIMARY KEY (school_id, order_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX payment_attempt_by_number ON payment_attempt (number);
CREATE INDEX payment_attempt_by_channel_number ON payment_attempt (channel_number) WHERE channel_number IS NOT NULL;

-- Everything that was done and heard, in its order; never changed.
CREATE TABLE payment_event (
    school_id  BLOB NOT NULL,
    order_id   BLOB NOT NULL,
    id         BLOB NOT NULL,
    at         INTEGER NOT NULL,
    what       TEXT NOT NULL,
    before     TEXT NOT NULL,
    after      TEXT NOT NULL,
    word       TEXT NOT NULL,
    actor      BLOB,
    PRIMARY KEY (school_id, order_id, id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER payment_event_is_never_changed BEFORE UPDATE ON payment_event
BEGIN SELECT RAISE(ABORT, 'what happened to a payment order is immutable'); END;
CREATE TRIGGER payment_event_is_never_removed BEFORE DELETE ON payment_event
BEGIN SELECT RAISE(ABORT, 'what happened to a payment order is immutable'); END;

-- Call-backs that were verified, by the channel's own name of the event: the second one is a repeat.
CREATE TABLE channel_notice (
    account_id BLOB NOT NULL,
    event      TEXT NOT NULL,
    school_id  BLOB NOT NULL,
    number     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    result     TEXT NOT NULL,
    PRIMARY KEY (account_id, event)
) STRICT, WITHOUT ROWID;

-- Money back through the channel. source: the wallet that it leaves, or suspense when it never reached one.
CREATE TABLE refund (
    school_id      BLOB NOT NULL,
    id             BLOB NOT NULL,
    order_id       BLOB NOT NULL,
    seq            INTEGER NOT NULL,
    number         TEXT NOT NULL,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    source         TEXT NOT NULL,
    reason         TEXT NOT NULL,
    state          TEXT NOT NULL,
    alarm          INTEGER NOT NULL DEFAULT 0,
    asked_by       BLOB,
    asked_at       INTEGER NOT NULL,
    decided_by     BLOB,
    decided_at     INTEGER,
    channel_number TEXT,
    word           TEXT NOT NULL DEFAULT '',
    done_at        INTEGER,
    looks          INTEGER NOT NULL DEFAULT 0,
    next_look      INTEGER,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX refund_by_number ON refund (number);
CREATE INDEX refund_by_order ON refund (school_id, order_id);
CREATE INDEX refund_due ON refund (next_look) WHERE next_look IS NOT NULL;

-- What a school decided about paying: who may clear (words with commas between; empty: anybody), and the amounts of
-- the buttons.
CREATE TABLE payment_policy (
    school_id     BLOB NOT NULL,
    clearing_orgs TEXT NOT NULL,
    buttons       TEXT NOT NULL,
    PRIMARY KEY (school_id)
) STRICT, WITHOUT ROWID;
