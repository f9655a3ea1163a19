-- What somebody has to know of the machine of a till to clean, move or replace it: JSON of mount, proofs and a note.
ALTER TABLE terminal ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
