-- Every answer to a question of consent, for ever: the newest one of a purpose counts.
CREATE TABLE consent (
    id          BLOB NOT NULL PRIMARY KEY,
    binding_id  BLOB NOT NULL,
    guardian_id BLOB NOT NULL,
    school_id   BLOB NOT NULL,
    -- account, meals, messages or photo
    purpose     TEXT NOT NULL,
    -- Of the text that was shown.
    version     INTEGER NOT NULL,
    given       INTEGER NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_by_binding ON consent (binding_id, id);
