-- Tells one photo of a person from the next, so that a mirror fetches only what changed; empty: from before. It stands
-- beside the name, because a row of photos is as long as its picture.
ALTER TABLE person ADD COLUMN photo_hash TEXT NOT NULL DEFAULT '';
