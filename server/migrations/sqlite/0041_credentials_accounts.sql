-- The next free account number is looked up for every slice of codes that is issued.
CREATE INDEX credential_by_account ON credential (school_id, account);
