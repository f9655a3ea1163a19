-- What the planner is to believe of the tables: one school fills them, so `school_id` alone finds everything, and each
-- further column little. Without figures it takes the primary key by the school alone before an index over two
-- columns: codes for 100,000 people then took hours. Figures written here make a plan the same on the first day and in
-- the fifth year (https://sqlite.org/fileformat2.html#the_sqlite_stat1_table). PostgreSQL keeps its own.
ANALYZE upkeep_mark;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('account', 'account', '50000 50000 1'),
    ('audit', 'audit_by_school', '50000 50000 1'),
    ('class', 'class', '500 500 1'),
    ('class', 'class_by_key', '500 500 1'),
    ('credential', 'credential', '60000 60000 1'),
    ('credential', 'credential_by_account', '60000 60000 2'),
    ('credential', 'credential_by_person', '60000 60000 2'),
    ('credential', 'credential_by_serial', '60000 60000 1'),
    ('day_total', 'day_total', '10000 10000 20 1 1'),
    ('dish', 'dish', '300 300 1'),
    ('dish', 'dish_by_barcode', '300 300 1'),
    ('dish_revision', 'dish_revision', '1500 1500 1'),
    ('dish_revision', 'dish_revision_by_dish', '1500 1500 5 1'),
    ('entry', 'entry', '5000000 5000000 1'),
    ('entry', 'entry_by_day', '5000000 5000000 5000 1'),
    ('entry', 'entry_corrects', '5000 5000 1'),
    ('outbox', 'outbox', '5000000 5000000 1'),
    ('person', 'person', '50000 50000 1'),
    ('person', 'person_by_class', '50000 50000 50'),
    ('person', 'person_by_id_hash', '40000 40000 1'),
    ('person', 'person_by_number', '50000 50000 1'),
    ('photo', 'photo', '40000 40000 1'),
    ('refused_purchase', 'refused_purchase', '100000 100000 1'),
    ('refused_purchase', 'refused_purchase_by_day', '100000 100000 100 1'),
    ('topup', 'topup', '200000 200000 1'),
    ('topup', 'topup_by_person', '200000 200000 10'),
    ('topup', 'topup_by_receipt', '200000 200000 200 1');
ANALYZE sqlite_schema;
