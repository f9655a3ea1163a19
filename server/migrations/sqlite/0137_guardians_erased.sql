-- When a guardian went. The row stays for what names it; phone and name are gone from it.
ALTER TABLE guardian ADD COLUMN erased_at INTEGER;
