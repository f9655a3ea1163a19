-- Top-ups at the cash desk. The entry of the ledger has the same id.
CREATE TABLE topup (
    school_id UUID NOT NULL,
    id        UUID NOT NULL,
    person_id UUID NOT NULL,
    amount    BIGINT NOT NULL,
    repaid    BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    arrears_after BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    receipt   BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    cashier   UUID NOT NULL,
    note      TEXT NOT NULL DEFAULT '',
    reversed_by_id UUID,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX topup_by_receipt ON topup (school_id, day, receipt);
CREATE INDEX topup_by_person ON topup (school_id, person_id);
