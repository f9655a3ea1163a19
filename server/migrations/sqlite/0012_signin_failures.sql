-- Wrong passwords by user name, whether a user of that name exists or not: the answers must not tell which names exist.
-- The name is kept as a keyed hash, since people type passwords where the name belongs.
CREATE TABLE signin_failure (
    name_hash    BLOB NOT NULL PRIMARY KEY,
    failures     INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX signin_failure_by_age ON signin_failure (first_at);
ALTER TABLE app_user DROP COLUMN failures;
ALTER TABLE app_user DROP COLUMN locked_until;

-- One row at the most: whoever writes it sets the server up, and a second set-up at the same moment finds it taken.
CREATE TABLE setup_done (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
