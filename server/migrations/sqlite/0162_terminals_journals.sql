-- Every record that was taken, as the terminal signed it. purchase_id is what it speaks of, if of a purchase.
CREATE TABLE journal_record (
    school_id   BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    journal     INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    purchase_id BLOB,
    hash        BLOB NOT NULL,
    payload     TEXT NOT NULL,
    signature   BLOB NOT NULL,
    taken_at    INTEGER NOT NULL,
    PRIMARY KEY (school_id, terminal_id, journal, seq)
) STRICT, WITHOUT ROWID;

-- What a purchase went through at the till.
CREATE INDEX journal_record_by_purchase ON journal_record (school_id, purchase_id) WHERE purchase_id IS NOT NULL;

-- Records that were put aside: they could not be read, or contradict what is booked. settled_at: somebody has looked.
CREATE TABLE journal_aside (
    school_id   BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    journal     INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    why         TEXT NOT NULL,
    payload     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    settled_at  INTEGER,
    settled_by  BLOB,
    note        TEXT,
    PRIMARY KEY (school_id, terminal_id, journal, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_aside_open ON journal_aside (school_id, terminal_id) WHERE settled_at IS NULL;

-- What offline sales left to look at, beside their entries: short (a part became arrears), late_loss (sold after the
-- card was reported lost), risk (nobody could be charged), replay (one use of a phone's code at two tills), over_lease.
CREATE TABLE offline_finding (
    school_id   BLOB NOT NULL,
    purchase_id BLOB NOT NULL,
    kind        TEXT NOT NULL,
    terminal_id BLOB NOT NULL,
    person_id   BLOB,
    fen         INTEGER NOT NULL,
    sold_at     INTEGER NOT NULL,
    found_at    INTEGER NOT NULL,
    detail      TEXT NOT NULL,
    settled_at  INTEGER,
    settled_by  BLOB,
    note        TEXT,
    PRIMARY KEY (school_id, purchase_id, kind)
) STRICT, WITHOUT ROWID;

-- Uses of phones' codes offline: one use at two tills is seen.
CREATE TABLE offline_use (
    school_id   BLOB NOT NULL,
    serial      INTEGER NOT NULL,
    use_order   INTEGER NOT NULL,
    purchase_id BLOB NOT NULL,
    PRIMARY KEY (school_id, serial, use_order, purchase_id)
) STRICT, WITHOUT ROWID;

-- Leases, newest last. used and uses are what journals took from it. journal is the machine that has it. held_at: the
-- terminal said that it has it; closed_at: nothing can be sold on it any more, and all that was is booked.
CREATE TABLE terminal_lease (
    school_id   BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    serial      INTEGER NOT NULL,
    journal     INTEGER NOT NULL,
    sum         INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    person_meal INTEGER NOT NULL,
    person_day  INTEGER NOT NULL,
    used        INTEGER NOT NULL DEFAULT 0,
    uses        INTEGER NOT NULL DEFAULT 0,
    policy      INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    held_at     INTEGER,
    closed_at   INTEGER,
    PRIMARY KEY (school_id, terminal_id, serial)
) STRICT, WITHOUT ROWID;
