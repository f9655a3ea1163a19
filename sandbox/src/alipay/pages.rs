//! The page products: the browser brings the signed order itself.

use super::{Asked, Refusal, trades};
use crate::Sandbox;
use crate::pages::see_other;
use crate::wire::Outgoing;

pub fn open(sandbox: &Sandbox, asked: Result<Asked, Refusal>) -> Outgoing {
    let entered = asked.and_then(|asked| {
        let scene = if asked.public("method") == "alipay.trade.wap.pay" { "wap" } else { "page" };
        trades::enter(sandbox, &asked, scene, None)
    });
    match entered {
        Ok((number, _)) => see_other(&sandbox.cashier(&number)),
        Err(refusal) => {
            let text = format!("{}：{}\n", refusal.sub_code, refusal.sub_msg);
            Outgoing::new(400, "text/plain; charset=utf-8", text)
        }
    }
}
