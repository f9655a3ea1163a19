-- PostgreSQL counts for itself what its planner believes; the embedded database is told by its migration of the same
-- number.
SELECT 1;
