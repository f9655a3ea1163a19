-- Every answer to a question of consent, for ever: the newest one of a purpose counts.
CREATE TABLE consent (
    id          UUID NOT NULL PRIMARY KEY,
    binding_id  UUID NOT NULL,
    guardian_id UUID NOT NULL,
    school_id   UUID NOT NULL,
    -- account, meals, messages or photo
    purpose     TEXT NOT NULL,
    -- Of the text that was shown.
    version     BIGINT NOT NULL,
    given       BIGINT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX consent_by_binding ON consent (binding_id, id);
