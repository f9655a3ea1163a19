-- Who reported a card lost: `guardian`, or NULL for the school. A guardian reinstates only what a guardian reported.
ALTER TABLE credential ADD COLUMN lost_by TEXT;
