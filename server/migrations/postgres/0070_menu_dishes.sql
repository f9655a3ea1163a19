-- Dishes, and the revisions of their names and prices: an old purchase keeps its old price.
CREATE TABLE dish (
    school_id   UUID NOT NULL,
    id          UUID NOT NULL,
    name        TEXT NOT NULL,
    name_en     TEXT NOT NULL DEFAULT '',
    category    TEXT NOT NULL,
    price       BIGINT NOT NULL,
    barcode     TEXT NOT NULL,
    canteen_id  UUID,
    stalls      TEXT NOT NULL DEFAULT '',
    periods     TEXT NOT NULL DEFAULT '',
    allergens   TEXT NOT NULL DEFAULT '',
    revision    BIGINT NOT NULL,
    revision_id UUID NOT NULL,
    withdrawn   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, id)
);
CREATE UNIQUE INDEX dish_by_barcode ON dish (school_id, barcode);

CREATE TABLE dish_revision (
    school_id  UUID NOT NULL,
    id         UUID NOT NULL,
    dish_id    UUID NOT NULL,
    revision   BIGINT NOT NULL,
    name       TEXT NOT NULL,
    price      BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by UUID NOT NULL,
    PRIMARY KEY (school_id, id)
);
CREATE INDEX dish_revision_by_dish ON dish_revision (school_id, dish_id, revision);

CREATE TABLE menu_version (
    school_id UUID NOT NULL PRIMARY KEY,
    version   BIGINT NOT NULL
);
