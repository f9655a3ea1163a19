-- One writer: nothing is added while a day closes. (PostgreSQL has several; its migration of this number holds them.)
SELECT 1;
