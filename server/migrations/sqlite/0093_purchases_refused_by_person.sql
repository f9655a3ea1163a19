-- A guardian reads the refusals of one child. Few purchases are refused, so that this index costs next to nothing.
CREATE INDEX refused_purchase_by_person ON refused_purchase (school_id, person_id, at, id);
