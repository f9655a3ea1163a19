-- What guardians say is wrong with the data of their child, and what the school answered: both sealed.
CREATE TABLE data_report (
    id          BLOB NOT NULL PRIMARY KEY,
    school_id   BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    binding_id  BLOB NOT NULL,
    guardian_id BLOB NOT NULL,
    -- name, class, number, phone or other
    field       TEXT NOT NULL,
    text        BLOB NOT NULL,
    answer      BLOB,
    at          INTEGER NOT NULL,
    answered_at INTEGER,
    answered_by BLOB
) STRICT;
CREATE INDEX data_report_by_school ON data_report (school_id, id);
CREATE INDEX data_report_open ON data_report (school_id) WHERE answered_at IS NULL;
CREATE INDEX data_report_by_binding ON data_report (binding_id, id);
