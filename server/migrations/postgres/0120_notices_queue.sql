-- A message to one person, queued in the transaction of its cause. dedupe is the hash of a key that the cause makes:
-- a cause that is told twice is one message. about is the person whom it tells of. Whoever holds a message to send it
-- has moved next_at to the end of its lease and has drawn a new turn. secret is sealed: a phone without a guardian, and
-- a code that only its owner may see.
CREATE TABLE notice (
    id         UUID NOT NULL PRIMARY KEY,
    dedupe     BYTEA NOT NULL,
    school_id  UUID,
    to_kind    TEXT NOT NULL,
    to_id      UUID,
    to_mask    TEXT NOT NULL,
    about      UUID,
    kind       TEXT NOT NULL,
    params     TEXT NOT NULL,
    secret     BYTEA,
    link       TEXT,
    at         BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state      TEXT NOT NULL,
    why        TEXT,
    next_at    BIGINT NOT NULL,
    turn       BIGINT NOT NULL,
    ended_at   BIGINT,
    in_inbox   BIGINT NOT NULL,
    read_at    BIGINT
);
CREATE UNIQUE INDEX notice_dedupe ON notice (dedupe);
CREATE INDEX notice_due ON notice (next_at) WHERE state = 'waiting';
-- An inbox and a school's log are read newest first.
CREATE INDEX notice_inbox ON notice (to_id, id);
CREATE INDEX notice_unread ON notice (to_id) WHERE read_at IS NULL AND in_inbox = 1;
CREATE INDEX notice_by_school ON notice (school_id, id);

-- What became of it at one address of one channel.
CREATE TABLE notice_delivery (
    notice_id   UUID NOT NULL,
    channel     TEXT NOT NULL,
    address_id  UUID NOT NULL,
    state       TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT,
    class       TEXT,
    code        TEXT,
    words       TEXT,
    provider_id TEXT,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    PRIMARY KEY (notice_id, channel, address_id)
);

-- Where somebody can be reached. scope is the school whose account of the channel knows the address, or nil: the
-- server's own.
CREATE TABLE notice_address (
    id       UUID NOT NULL PRIMARY KEY,
    owner_id UUID NOT NULL,
    channel  TEXT NOT NULL,
    scope    UUID NOT NULL,
    sealed   BYTEA NOT NULL,
    hash     BYTEA NOT NULL,
    mask     TEXT NOT NULL,
    put_at   BIGINT NOT NULL,
    gone_at  BIGINT,
    gone_why TEXT
);
CREATE UNIQUE INDEX notice_address_by_owner ON notice_address (owner_id, channel, scope, hash);

-- Language and quiet hours (minutes of the day in China) of a guardian.
CREATE TABLE notice_habits (
    guardian_id UUID NOT NULL PRIMARY KEY,
    locale      TEXT NOT NULL,
    quiet_from  BIGINT NOT NULL,
    quiet_to    BIGINT NOT NULL
);
