-- Makers of gates and buses that may fetch the school's lists. Of a token only its hash is kept.
CREATE TABLE integrator (
    school_id    UUID NOT NULL,
    id           UUID NOT NULL,
    name         TEXT NOT NULL,
    token_hash   BYTEA NOT NULL,
    made_at      BIGINT NOT NULL,
    last_seen_at BIGINT,
    revoked_at   BIGINT,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX integrator_by_token ON integrator (school_id, token_hash);
