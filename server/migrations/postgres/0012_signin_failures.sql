-- Wrong passwords by user name, whether a user of that name exists or not: the answers must not tell which names exist.
-- The name is kept as a keyed hash, since people type passwords where the name belongs.
CREATE TABLE signin_failure (
    name_hash    BYTEA NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);
CREATE INDEX signin_failure_by_age ON signin_failure (first_at);
ALTER TABLE app_user DROP COLUMN failures;
ALTER TABLE app_user DROP COLUMN locked_until;

-- One row at the most: whoever writes it sets the server up, and a second set-up at the same moment finds it taken.
CREATE TABLE setup_done (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    at  BIGINT NOT NULL
);
