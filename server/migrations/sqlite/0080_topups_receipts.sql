-- Top-ups at the cash desk. The entry of the ledger has the same id.
CREATE TABLE topup (
    school_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    person_id BLOB NOT NULL,
    amount    INTEGER NOT NULL,
    repaid    INTEGER NOT NULL,
    balance_after INTEGER NOT NULL,
    arrears_after INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    receipt   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    cashier   BLOB NOT NULL,
    note      TEXT NOT NULL DEFAULT '',
    reversed_by_id BLOB,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX topup_by_receipt ON topup (school_id, day, receipt);
CREATE INDEX topup_by_person ON topup (school_id, person_id);
