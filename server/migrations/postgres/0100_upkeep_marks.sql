-- When something of the server itself was last done, such as the probe that proves that the database takes writes.
CREATE TABLE upkeep_mark (
    name TEXT PRIMARY KEY,
    at   BIGINT NOT NULL
);
