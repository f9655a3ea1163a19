-- The classes that a class teacher's role is for. Without a row the role says nothing about guardians.
CREATE TABLE grant_class (
    user_id   UUID NOT NULL,
    role      TEXT NOT NULL,
    school_id UUID NOT NULL,
    class_id  UUID NOT NULL,
    PRIMARY KEY (user_id, role, school_id, class_id)
);
