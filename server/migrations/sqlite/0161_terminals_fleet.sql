-- Tills. journal is the number of the machine that stands there now, and of its journal; zero before the first one.
-- version goes up with every change of its set-up.
CREATE TABLE terminal (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    name        TEXT NOT NULL,
    stall_id    BLOB NOT NULL,
    mode        TEXT NOT NULL,
    screens     TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    journal     INTEGER NOT NULL DEFAULT 0,
    made_at     INTEGER NOT NULL,
    enrolled_at INTEGER,
    revoked_at  INTEGER,
    seen_at     INTEGER,
    report      TEXT,
    report_at   INTEGER,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
-- A terminal names itself, not its school.
CREATE UNIQUE INDEX terminal_by_id ON terminal (id);

-- The machines of a till, one after the other, each with a key and a journal of its own. What an earlier machine did
-- not send can still be brought as a file. taken is the number of its last record that was taken, head the hash of
-- that record; trouble says what stops the journal until somebody has looked.
CREATE TABLE terminal_device (
    school_id   BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    journal     INTEGER NOT NULL,
    public_key  BLOB NOT NULL,
    hardware    TEXT NOT NULL,
    app_version TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    replaced_at INTEGER,
    taken       INTEGER NOT NULL DEFAULT 0,
    head        BLOB NOT NULL,
    trouble     TEXT,
    PRIMARY KEY (school_id, terminal_id, journal)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX terminal_device_by_key ON terminal_device (public_key);

-- Enrolment codes, by the keyed hash of their text: who reads the table can't enrol a machine.
CREATE TABLE terminal_ticket (
    hash        BLOB NOT NULL PRIMARY KEY,
    school_id   BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    made_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER,
    used_key    BLOB
) STRICT;
CREATE INDEX terminal_ticket_by_terminal ON terminal_ticket (school_id, terminal_id);

-- The key that signs for terminals, one a school, its secret sealed.
CREATE TABLE terminal_authority (
    school_id     BLOB NOT NULL PRIMARY KEY,
    public_key    BLOB NOT NULL,
    secret_sealed BLOB NOT NULL,
    made_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the office asks of a terminal once.
CREATE TABLE terminal_command (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    number      INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    made_at     INTEGER NOT NULL,
    made_by     BLOB NOT NULL,
    expires_at  INTEGER NOT NULL,
    done_at     INTEGER,
    result      TEXT,
    log         BLOB,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
-- Numbers of one terminal rise: the last one is what the doorbell tells.
CREATE UNIQUE INDEX terminal_command_by_terminal ON terminal_command (school_id, terminal_id, number);

-- Alarms. One of a kind is open for a terminal at a time; it is cleared by itself when its reason is gone, or by hand
-- where somebody has to look.
CREATE TABLE terminal_alarm (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL,
    raised_at   INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    cleared_at  INTEGER,
    cleared_by  BLOB,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX terminal_alarm_open ON terminal_alarm (school_id, terminal_id, kind) WHERE cleared_at IS NULL;

-- The number with which a cashier opens a shift, as a hash (Argon2id).
CREATE TABLE cashier_pin (
    school_id BLOB NOT NULL,
    user_id   BLOB NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (school_id, user_id)
) STRICT, WITHOUT ROWID;

-- What terminals of a school do, a row for the school under the nil id, and one for each terminal that has its own:
-- lend is what finance lets it sell while nobody hears it, screen how it looks.
CREATE TABLE terminal_policy (
    school_id   BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    version     INTEGER NOT NULL,
    lend        TEXT,
    screen      TEXT,
    PRIMARY KEY (school_id, terminal_id)
) STRICT, WITHOUT ROWID;
