//! UnionPay's gateway, version 5.1 (全渠道): pages for phones, QR codes, refunds, bills.

pub mod sign;
pub mod trust;

#[cfg(test)]
mod tests;
