-- Tills. journal is the number of the machine that stands there now, and of its journal; zero before the first one.
-- version goes up with every change of its set-up.
CREATE TABLE terminal (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    name        TEXT NOT NULL,
    stall_id    UUID NOT NULL,
    mode        TEXT NOT NULL,
    screens     TEXT NOT NULL,
    version     BIGINT NOT NULL DEFAULT 1,
    journal     BIGINT NOT NULL DEFAULT 0,
    made_at     BIGINT NOT NULL,
    enrolled_at BIGINT,
    revoked_at  BIGINT,
    seen_at     BIGINT,
    report      TEXT,
    report_at   BIGINT,
    PRIMARY KEY (school_id, id)
);
-- A terminal names itself, not its school.
CREATE UNIQUE INDEX terminal_by_id ON terminal (id);

-- The machines of a till, one after the other, each with a key and a journal of its own. What an earlier machine did
-- not send can still be brought as a file. taken is the number of its last record that was taken, head the hash of
-- that record; trouble says what stops the journal until somebody has looked.
CREATE TABLE terminal_device (
    school_id   UUID NOT NULL,
    terminal_id UUID NOT NULL,
    journal     BIGINT NOT NULL,
    public_key  BYTEA NOT NULL,
    hardware    TEXT NOT NULL,
    app_version TEXT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    replaced_at BIGINT,
    taken       BIGINT NOT NULL DEFAULT 0,
    head        BYTEA NOT NULL,
    trouble     TEXT,
    PRIMARY KEY (school_id, terminal_id, journal)
);
CREATE UNIQUE INDEX terminal_device_by_key ON terminal_device (public_key);

-- Enrolment codes, by the keyed hash of their text: who reads the table can't enrol a machine.
CREATE TABLE terminal_ticket (
    hash        BYTEA NOT NULL PRIMARY KEY,
    school_id   UUID NOT NULL,
    terminal_id UUID NOT NULL,
    made_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT,
    used_key    BYTEA
);
CREATE INDEX terminal_ticket_by_terminal ON terminal_ticket (school_id, terminal_id);

-- The key that signs for terminals, one a school, its secret sealed.
CREATE TABLE terminal_authority (
    school_id     UUID NOT NULL PRIMARY KEY,
    public_key    BYTEA NOT NULL,
    secret_sealed BYTEA NOT NULL,
    made_at       BIGINT NOT NULL
);

-- What the office asks of a terminal once.
CREATE TABLE terminal_command (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    terminal_id UUID NOT NULL,
    number      BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    made_by     UUID NOT NULL,
    expires_at  BIGINT NOT NULL,
    done_at     BIGINT,
    result      TEXT,
    log         BYTEA,
    PRIMARY KEY (school_id, id)
);
-- Numbers of one terminal rise: the last one is what the doorbell tells.
CREATE UNIQUE INDEX terminal_command_by_terminal ON terminal_command (school_id, terminal_id, number);

-- Alarms. One of a kind is open for a terminal at a time; it is cleared by itself when its reason is gone, or by hand
-- where somebody has to look.
CREATE TABLE terminal_alarm (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    terminal_id UUID NOT NULL,
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL,
    raised_at   BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    cleared_at  BIGINT,
    cleared_by  UUID,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX terminal_alarm_open ON terminal_alarm (school_id, terminal_id, kind) WHERE cleared_at IS NULL;

-- The number with which a cashier opens a shift, as a hash (Argon2id).
CREATE TABLE cashier_pin (
    school_id UUID NOT NULL,
    user_id   UUID NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (school_id, user_id)
);

-- What terminals of a school do, a row for the school under the nil id, and one for each terminal that has its own:
-- lend is what finance lets it sell while nobody hears it, screen how it looks.
CREATE TABLE terminal_policy (
    school_id   UUID NOT NULL,
    terminal_id UUID NOT NULL,
    version     BIGINT NOT NULL,
    lend        TEXT,
    screen      TEXT,
    PRIMARY KEY (school_id, terminal_id)
);
