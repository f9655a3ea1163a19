-- What guardians say is wrong with the data of their child, and what the school answered: both sealed.
CREATE TABLE data_report (
    id          UUID NOT NULL PRIMARY KEY,
    school_id   UUID NOT NULL,
    person_id   UUID NOT NULL,
    binding_id  UUID NOT NULL,
    guardian_id UUID NOT NULL,
    -- name, class, number, phone or other
    field       TEXT NOT NULL,
    text        BYTEA NOT NULL,
    answer      BYTEA,
    at          BIGINT NOT NULL,
    answered_at BIGINT,
    answered_by UUID
);
CREATE INDEX data_report_by_school ON data_report (school_id, id);
CREATE INDEX data_report_open ON data_report (school_id) WHERE answered_at IS NULL;
CREATE INDEX data_report_by_binding ON data_report (binding_id, id);
