//! Alipay's form gateway.

pub mod sign;
