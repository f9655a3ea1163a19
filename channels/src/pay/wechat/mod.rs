//! WeChat Pay, API v3.

pub mod sign;
