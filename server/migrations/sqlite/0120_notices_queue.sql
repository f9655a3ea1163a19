-- A message to one person, queued in the transaction of its cause. dedupe is the hash of a key that the cause makes:
-- a cause that is told twice is one message. about is the person whom it tells of. Whoever holds a message to send it
-- has moved next_at to the end of its lease and has drawn a new turn. secret is sealed: a phone without a guardian, and
-- a code that only its owner may see.
CREATE TABLE notice (
    id         BLOB NOT NULL PRIMARY KEY,
    dedupe     BLOB NOT NULL,
    school_id  BLOB,
    to_kind    TEXT NOT NULL,
    to_id      BLOB,
    to_mask    TEXT NOT NULL,
    about      BLOB,
    kind       TEXT NOT NULL,
    params     TEXT NOT NULL,
    secret     BLOB,
    link       TEXT,
    at         INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state      TEXT NOT NULL,
    why        TEXT,
    next_at    INTEGER NOT NULL,
    turn       INTEGER NOT NULL,
    ended_at   INTEGER,
    in_inbox   INTEGER NOT NULL,
    read_at    INTEGER
) STRICT;
CREATE UNIQUE INDEX notice_dedupe ON notice (dedupe);
CREATE INDEX notice_due ON notice (next_at) WHERE state = 'waiting';
-- An inbox and a school's log are read newest first.
CREATE INDEX notice_inbox ON notice (to_id, id);
CREATE INDEX notice_unread ON notice (to_id) WHERE read_at IS NULL AND in_inbox = 1;
CREATE INDEX notice_by_school ON notice (school_id, id);

-- What became of it at one address of one channel.
CREATE TABLE notice_delivery (
    notice_id   BLOB NOT NULL,
    channel     TEXT NOT NULL,
    address_id  BLOB NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    next_at     INTEGER,
    class       TEXT,
    code        TEXT,
    words       TEXT,
    provider_id TEXT,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    PRIMARY KEY (notice_id, channel, address_id)
) STRICT, WITHOUT ROWID;

-- Where somebody can be reached. scope is the school whose account of the channel knows the address, or nil: the
-- server's own.
CREATE TABLE notice_address (
    id       BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL,
    channel  TEXT NOT NULL,
    scope    BLOB NOT NULL,
    sealed   BLOB NOT NULL,
    hash     BLOB NOT NULL,
    mask     TEXT NOT NULL,
    put_at   INTEGER NOT NULL,
    gone_at  INTEGER,
    gone_why TEXT
) STRICT;
CREATE UNIQUE INDEX notice_address_by_owner ON notice_address (owner_id, channel, scope, hash);

-- Language and quiet hours (minutes of the day in China) of a guardian.
CREATE TABLE notice_habits (
    guardian_id BLOB NOT NULL PRIMARY KEY,
    locale      TEXT NOT NULL,
    quiet_from  INTEGER NOT NULL,
    quiet_to    INTEGER NOT NULL
) STRICT;
