-- What a key is for. Keys that sign again and again keep their secret, sealed; a print batch's secret is never kept.
ALTER TABLE signing_key ADD COLUMN purpose TEXT NOT NULL DEFAULT 'printed_code';
ALTER TABLE signing_key ADD COLUMN suite TEXT NOT NULL DEFAULT 'ed25519';
ALTER TABLE signing_key ADD COLUMN secret_sealed bytea;
CREATE INDEX signing_key_by_purpose ON signing_key (school_id, purpose);

-- Kinds are printed_code, dynamic_code (a phone) and legacy_code (printed by the system before). For a phone: the order
-- of its last use, by which no code is taken twice. For another system's print: the hash of its text.
ALTER TABLE credential ADD COLUMN last_use bigint NOT NULL DEFAULT -1;
ALTER TABLE credential ADD COLUMN fingerprint bytea;
CREATE UNIQUE INDEX credential_by_fingerprint ON credential (school_id, fingerprint) WHERE fingerprint IS NOT NULL;
-- The list of lost cards is made again and again.
CREATE INDEX credential_not_active ON credential (school_id) WHERE status <> 'active';
