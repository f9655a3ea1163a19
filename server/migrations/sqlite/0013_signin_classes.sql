-- The classes that a class teacher's role is for. Without a row the role says nothing about guardians.
CREATE TABLE grant_class (
    user_id   BLOB NOT NULL,
    role      TEXT NOT NULL,
    school_id BLOB NOT NULL,
    class_id  BLOB NOT NULL,
    PRIMARY KEY (user_id, role, school_id, class_id)
) STRICT, WITHOUT ROWID;
