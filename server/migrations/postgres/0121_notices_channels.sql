-- How many times the office had it sent again: a channel that drops repeats must not drop these.
ALTER TABLE notice ADD COLUMN resends BIGINT NOT NULL DEFAULT 0;

-- What it says instead when it tells several purchases of a night in one.
ALTER TABLE notice ADD COLUMN digest TEXT;

-- Who has this phone number, and whose was this browser before.
CREATE INDEX notice_address_by_hash ON notice_address (hash);

-- The account of a channel: of one school, or (scope nil) of the server. config is sealed; templates are the channel's
-- own, by kind. Each change makes a new version, so that other processes read it again.
CREATE TABLE notice_channel (
    scope      UUID NOT NULL,
    channel    TEXT NOT NULL,
    provider   TEXT NOT NULL,
    config     BYTEA NOT NULL,
    templates  TEXT NOT NULL,
    is_on      BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (scope, channel)
);

-- A school's own words. What it has not written is built in.
CREATE TABLE notice_template (
    school_id  UUID NOT NULL,
    kind       TEXT NOT NULL,
    locale     TEXT NOT NULL,
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (school_id, kind, locale)
);

-- What somebody chose; what is not here is as it is by default. way is a channel, or in_app.
CREATE TABLE notice_preference (
    owner_id UUID NOT NULL,
    kind     TEXT NOT NULL,
    way      TEXT NOT NULL,
    is_on    BIGINT NOT NULL,
    PRIMARY KEY (owner_id, kind, way)
);
