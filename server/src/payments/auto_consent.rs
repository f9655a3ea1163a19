//! What a guardian agrees to before money is fetched by itself. A text that changes gets a new version, and is asked
//! again when the rule is set again.

pub(super) const VERSION: i64 = 1;

pub(super) const ZH: &str = "目的：孩子的余额低于您设定的数额时，由学校通过您签约的支付渠道自动充值，免去您每次操作。\n\
     方式：仅在工作日 6–8 点、11–14 点、16–20 点发起，每天最多 5 次；每次充到您设定的目标，且不超过学校的单笔上限、\
     余额上限和您设定的每月上限。\n\
     范围：您在支付渠道的签约号、孩子的余额和充值记录；不保存您的银行卡号和支付密码。\n\
     通知：每次成功或未成功都会告诉您；失败不影响孩子用餐。\n\
     退款：与普通充值相同，原路退回。\n\
     停止：您可随时在这里暂停，或结束签约；也可在支付渠道解约。停止后不再自动充值，其他充值方式不受影响。\n\
     不同意的后果：不能使用自动充值，可照常手动充值。";

pub(super) const EN: &str = "Purpose: when your child's balance falls below the amount that you set, the school tops it \
     up through the payment channel where you agreed to it.\n\
     How: only on workdays at 6–8, 11–14 and 16–20 o'clock, at most 5 times a day; each time up to your target, within \
     the school's caps and your own cap a month.\n\
     What is used: your mandate's number at the channel, your child's balance and top-ups; neither card numbers nor \
     passwords are kept.\n\
     You are told of every top-up, and of each one that did not succeed; lunch goes on as usual.\n\
     Refunds go back the way the money came, as with any top-up.\n\
     Stop at any time: pause here, or end the mandate here or at the channel. Other ways to top up stay as they are.\n\
     If you do not agree: there is no automatic top-up, and you top up by hand as before.";
