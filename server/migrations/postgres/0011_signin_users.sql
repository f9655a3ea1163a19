-- Who signs in, what they were granted, and their sessions.
CREATE TABLE app_user (
    id             UUID NOT NULL PRIMARY KEY,
    username       TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    password       TEXT NOT NULL,
    locale         TEXT NOT NULL DEFAULT 'zh',
    disabled       BIGINT NOT NULL DEFAULT 0,
    totp_secret    BYTEA,
    totp_confirmed BIGINT NOT NULL DEFAULT 0,
    totp_step      BIGINT NOT NULL DEFAULT 0,
    failures       BIGINT NOT NULL DEFAULT 0,
    locked_until   BIGINT NOT NULL DEFAULT 0,
    last_signin_at BIGINT,
    created_at     BIGINT NOT NULL
);

CREATE TABLE recovery_code (
    user_id UUID NOT NULL,
    hash    BYTEA NOT NULL,
    PRIMARY KEY (user_id, hash)
);

-- scope_id is the nil id for the operator; school_id is the nil id for scopes above schools.
CREATE TABLE role_grant (
    user_id    UUID NOT NULL,
    role       TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope_id   UUID NOT NULL,
    school_id  UUID NOT NULL,
    PRIMARY KEY (user_id, role, scope_kind, scope_id)
);
CREATE INDEX role_grant_by_school ON role_grant (school_id, user_id);

-- Only the hash of the token is kept: who reads the table can't take over a session.
CREATE TABLE session (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    user_id    UUID NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
