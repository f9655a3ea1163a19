-- When a cashier's number was set, and by whom. An empty hash: it was taken back, and the cashier has to set a new one.
ALTER TABLE cashier_pin ADD COLUMN set_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cashier_pin ADD COLUMN set_by UUID;
