//! China UMS (银联商务, 全民付): one account for WeChat, Alipay and UnionPay's app, cleared by UnionPay.

pub mod sign;
