-- Whose number and name a question fits: what brings it to the teacher of the class. The guardian never learns it.
ALTER TABLE binding ADD COLUMN meant_id BLOB;
