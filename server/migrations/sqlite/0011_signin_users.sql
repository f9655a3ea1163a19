-- Who signs in, what they were granted, and their sessions.
CREATE TABLE app_user (
    id             BLOB NOT NULL PRIMARY KEY,
    username       TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    password       TEXT NOT NULL,
    locale         TEXT NOT NULL DEFAULT 'zh',
    disabled       INTEGER NOT NULL DEFAULT 0,
    totp_secret    BLOB,
    totp_confirmed INTEGER NOT NULL DEFAULT 0,
    totp_step      INTEGER NOT NULL DEFAULT 0,
    failures       INTEGER NOT NULL DEFAULT 0,
    locked_until   INTEGER NOT NULL DEFAULT 0,
    last_signin_at INTEGER,
    created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_code (
    user_id BLOB NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- scope_id is the nil id for the operator; school_id is the nil id for scopes above schools.
CREATE TABLE role_grant (
    user_id    BLOB NOT NULL,
    role       TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope_id   BLOB NOT NULL,
    school_id  BLOB NOT NULL,
    PRIMARY KEY (user_id, role, scope_kind, scope_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_grant_by_school ON role_grant (school_id, user_id);

-- Only the hash of the token is kept: who reads the table can't take over a session.
CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_user ON session (user_id);
