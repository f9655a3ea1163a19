-- Every record that was taken, as the terminal signed it. purchase_id is what it speaks of, if of a purchase.
CREATE TABLE journal_record (
    school_id   UUID NOT NULL,
    terminal_id UUID NOT NULL,
    journal     BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    purchase_id UUID,
    hash        BYTEA NOT NULL,
    payload     TEXT NOT NULL,
    signature   BYTEA NOT NULL,
    taken_at    BIGINT NOT NULL,
    PRIMARY KEY (school_id, terminal_id, journal, seq)
);

-- What a purchase went through at the till.
CREATE INDEX journal_record_by_purchase ON journal_record (school_id, purchase_id) WHERE purchase_id IS NOT NULL;

-- Records that were put aside: they could not be read, or contradict what is booked. settled_at: somebody has looked.
CREATE TABLE journal_aside (
    school_id   UUID NOT NULL,
    terminal_id UUID NOT NULL,
    journal     BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    why         TEXT NOT NULL,
    payload     TEXT NOT NULL,
    at          BIGINT NOT NULL,
    settled_at  BIGINT,
    settled_by  UUID,
    note        TEXT,
    PRIMARY KEY (school_id, terminal_id, journal, seq)
);
CREATE INDEX journal_aside_open ON journal_aside (school_id, terminal_id) WHERE settled_at IS NULL;

-- What offline sales left to look at, beside their entries: short (a part became arrears), late_loss (sold after the
-- card was reported lost), risk (nobody could be charged), replay (one use of a phone's code at two tills), over_lease.
CREATE TABLE offline_finding (
    school_id   UUID NOT NULL,
    purchase_id UUID NOT NULL,
    kind        TEXT NOT NULL,
    terminal_id UUID NOT NULL,
    person_id   UUID,
    fen         BIGINT NOT NULL,
    sold_at     BIGINT NOT NULL,
    found_at    BIGINT NOT NULL,
    detail      TEXT NOT NULL,
    settled_at  BIGINT,
    settled_by  UUID,
    note        TEXT,
    PRIMARY KEY (school_id, purchase_id, kind)
);

-- Uses of phones' codes offline: one use at two tills is seen.
CREATE TABLE offline_use (
    school_id   UUID NOT NULL,
    serial      BIGINT NOT NULL,
    use_order   BIGINT NOT NULL,
    purchase_id UUID NOT NULL,
    PRIMARY KEY (school_id, serial, use_order, purchase_id)
);

-- Leases, newest last. used and uses are what journals took from it. journal is the machine that has it. held_at: the
-- terminal said that it has it; closed_at: nothing can be sold on it any more, and all that was is booked.
CREATE TABLE terminal_lease (
    school_id   UUID NOT NULL,
    terminal_id UUID NOT NULL,
    serial      BIGINT NOT NULL,
    journal     BIGINT NOT NULL,
    sum         BIGINT NOT NULL,
    count       BIGINT NOT NULL,
    person_meal BIGINT NOT NULL,
    person_day  BIGINT NOT NULL,
    used        BIGINT NOT NULL DEFAULT 0,
    uses        BIGINT NOT NULL DEFAULT 0,
    policy      BIGINT NOT NULL,
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    held_at     BIGINT,
    closed_at   BIGINT,
    PRIMARY KEY (school_id, terminal_id, serial)
);
