-- Dishes, and the revisions of their names and prices: an old purchase keeps its old price.
CREATE TABLE dish (
    school_id   BLOB NOT NULL,
    id          BLOB NOT NULL,
    name        TEXT NOT NULL,
    name_en     TEXT NOT NULL DEFAULT '',
    category    TEXT NOT NULL,
    price       INTEGER NOT NULL,
    barcode     TEXT NOT NULL,
    canteen_id  BLOB,
    stalls      TEXT NOT NULL DEFAULT '',
    periods     TEXT NOT NULL DEFAULT '',
    allergens   TEXT NOT NULL DEFAULT '',
    revision    INTEGER NOT NULL,
    revision_id BLOB NOT NULL,
    withdrawn   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX dish_by_barcode ON dish (school_id, barcode);

CREATE TABLE dish_revision (
    school_id  BLOB NOT NULL,
    id         BLOB NOT NULL,
    dish_id    BLOB NOT NULL,
    revision   INTEGER NOT NULL,
    name       TEXT NOT NULL,
    price      INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by BLOB NOT NULL,
    PRIMARY KEY (school_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dish_revision_by_dish ON dish_revision (school_id, dish_id, revision);

CREATE TABLE menu_version (
    school_id BLOB NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL
) STRICT;
