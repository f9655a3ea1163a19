-- The audit trail: who changed what, from where, before and after.
CREATE TABLE audit (
    id           BLOB PRIMARY KEY,
    at           INTEGER NOT NULL,
    school_id    BLOB,
    user_id      BLOB NOT NULL,
    from_ip      TEXT,
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    before       TEXT NOT NULL,
    after        TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_school ON audit (school_id, id);
