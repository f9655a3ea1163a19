-- The audit trail: who changed what, from where, before and after.
CREATE TABLE audit (
    id           uuid PRIMARY KEY,
    at           BIGINT NOT NULL,
    school_id    uuid,
    user_id      uuid NOT NULL,
    from_ip      TEXT,
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    before       TEXT NOT NULL,
    after        TEXT NOT NULL
);
CREATE INDEX audit_by_school ON audit (school_id, id);
