-- How many times the office had it sent again: a channel that drops repeats must not drop these.
ALTER TABLE notice ADD COLUMN resends INTEGER NOT NULL DEFAULT 0;

-- What it says instead when it tells several purchases of a night in one.
ALTER TABLE notice ADD COLUMN digest TEXT;

-- Who has this phone number, and whose was this browser before.
CREATE INDEX notice_address_by_hash ON notice_address (hash);

-- The account of a channel: of one school, or (scope nil) of the server. config is sealed; templates are the channel's
-- own, by kind. Each change makes a new version, so that other processes read it again.
CREATE TABLE notice_channel (
    scope      BLOB NOT NULL,
    channel    TEXT NOT NULL,
    provider   TEXT NOT NULL,
    config     BLOB NOT NULL,
    templates  TEXT NOT NULL,
    is_on      INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (scope, channel)
) STRICT, WITHOUT ROWID;

-- A school's own words. What it has not written is built in.
CREATE TABLE notice_template (
    school_id  BLOB NOT NULL,
    kind       TEXT NOT NULL,
    locale     TEXT NOT NULL,
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (school_id, kind, locale)
) STRICT, WITHOUT ROWID;

-- What somebody chose; what is not here is as it is by default. way is a channel, or in_app.
CREATE TABLE notice_preference (
    owner_id BLOB NOT NULL,
    kind     TEXT NOT NULL,
    way      TEXT NOT NULL,
    is_on    INTEGER NOT NULL,
    PRIMARY KEY (owner_id, kind, way)
) STRICT, WITHOUT ROWID;
