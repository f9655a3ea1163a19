-- Whether a guardian has orders that are still on their way.
CREATE INDEX payment_order_by_guardian ON payment_order (guardian_id);
