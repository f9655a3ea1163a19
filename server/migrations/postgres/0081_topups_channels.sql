-- Top-ups that a payment channel brought: no cashier took them, and the payment order has the same id.
ALTER TABLE topup ADD COLUMN source TEXT NOT NULL DEFAULT 'desk';
