-- Dishes that are sold by weight: their price is for a kilogram.
ALTER TABLE dish ADD COLUMN weighed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dish_revision ADD COLUMN weighed INTEGER NOT NULL DEFAULT 0;
