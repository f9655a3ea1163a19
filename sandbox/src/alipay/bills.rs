//! Alipay's bill: an address that is good for half a minute, and behind it a ZIP with two lists in GBK.

use super::{Asked, Refusal, Said, trades::word};
use crate::Sandbox;
use crate::bill_day::{self, BillDay, Line, whole_fen};
use crate::books::Channel;
use crate::identity::ALIPAY_SELLER_ID;
use crate::wire::{Incoming, Outgoing};
use crate::zip;
use serde_json::json;
use yitong_channels::pay::china_time::china_text;
use yitong_values::{BusinessDay, Cents};

const ADDRESS_LIFE_MS: i64 = 30_000;
/// About nine o'clock on the next day.
const READY_AFTER_MS: i64 = (24 + 9) * 3_600_000;

pub fn ask(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let invalid = |why| Refusal::business("isv.invalid-parameter", why);
    let kind = word(&asked.content, "bill_type", 1..=20).unwrap_or_default();
    if !["trade", "signcustomer"].contains(&kind) {
        return Err(invalid("参数无效：bill_type"));
    }
    let day = word(&asked.content, "bill_date", 10..=10).and_then(|day| day.parse::<BusinessDay>().ok());
    let day = day.ok_or(invalid("参数无效：bill_date"))?;
    let faults = sandbox.faults();
    let absent = || Refusal::business("isp.bill_not_exist", "账单不存在");
    if !faults.bills_at_once && now < day.start().plus_ms(READY_AFTER_MS) {
        return Err(absent());
    }
    let of_day = bill_day::of_day(&mut sandbox.state().books, Channel::Alipay, day, now, &faults);
    if of_day.counted.is_empty() {
        return Err(absent());
    }
    let detail = if kind == "trade" { "业务明细" } else { "账务明细" };
    let file_name = |what: &str| gbk(&format!("{ALIPAY_SELLER_ID}0156_{}_{what}.csv", day.number()));
    let list = if kind == "trade" { trades(&of_day, day) } else { funds(&of_day, day) };
    let files = [(file_name(detail), gbk(&list)), (file_name(&format!("{detail}(汇总)")), gbk(&summary(&of_day, day)))];
    let word = sandbox.keep_file(zip::archive(&files), ADDRESS_LIFE_MS);
    Ok(json!({"bill_download_url": format!("{}/alipay/bill?token={word}", sandbox.address())}))
}

pub fn download(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    match sandbox.kept_file(&incoming.asked("token").unwrap_or_default()) {
        Some(file) => Outgoing::new(200, "application/zip", file),
        None => Outgoing::new(403, "text/plain; charset=utf-8", "下载地址已失效"),
    }
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

const HEADER: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";

fn opening(what: &str, day: BusinessDay) -> String {
    format!(
        "#支付宝{what}查询\r\n#账号：[{ALIPAY_SELLER_ID}0156]\r\n#起始日期：[{0} 00:00:00]   终止日期：[{1} 00:00:00]\r\n",
        in_words(day),
        in_words(day.plus_days(1)),
    )
}

fn in_words(day: BusinessDay) -> String {
    format!("{}年{:02}月{:02}日", day.year(), day.month(), day.day())
}

fn trades(of_day: &BillDay, day: BusinessDay) -> String {
    let mut out = opening("业务明细", day);
    out.push_str(&format!(
        "#-----------------------------------------业务明细列表----------------------------------------\r\n{HEADER}\r\n"
    ));
    of_day.lines.iter().for_each(|line| out.push_str(&row(line)));
    out.push_str("#-----------------------------------------业务明细列表结束------------------------------------\r\n");
    let counted =
        |back: bool| -> Vec<&Line> { of_day.counted.iter().filter(|line| line.refund.is_some() == back).collect() };
    let (paid, back) = (counted(false), counted(true));
    let received = sum(&paid);
    let given_back = sum(&back);
    out.push_str(&format!(
        "#交易合计：{}笔，商家实收共{received}元，商家优惠共0.00元\r\n#退款合计：{}笔，商家实收退款共{}元，商家优惠退款共0.00元\r\n#导出时间：[{} 09:00:00]\r\n",
        paid.len(),
        back.len(),
        given_back.negated().expect("a day's sum is an amount"),
        day.plus_days(1),
    ));
    out
}

/// What a line moves, never negative.
fn moved(line: &Line) -> Cents {
    line.refund.as_ref().map_or(line.amount, |part| part.amount)
}

fn sum(lines: &[&Line]) -> Cents {
    Cents::sum(lines.iter().map(|line| moved(line))).expect("a day's sum is an amount")
}

/// Padded with tabs, as the real one is, so that a spreadsheet does not read numbers out of numbers.
fn row(line: &Line) -> String {
    let (kind, amount, request) = match &line.refund {
        None => ("交易", line.amount, ""),
        Some(part) => ("退款", part.amount.negated().expect("an amount has its opposite"), part.number.as_str()),
    };
    let fee = whole_fen(-line.fee_milli);
    let cells = [
        format!("{}\t", line.channel_number),
        format!("{}\t", line.number),
        format!("{kind}  "),
        line.description.replace(',', "，"),
        china_text(line.made_at),
        china_text(line.at),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        "*家长(par***@sandbox.example)".to_owned(),
        amount.to_string(),
        amount.to_string(),
        "0.00".to_owned(),
        "0.00".to_owned(),
        "0.00".to_owned(),
        "0.00".to_owned(),
        "0.00".to_owned(),
        String::new(),
        "0.00".to_owned(),
        "0.00".to_owned(),
        format!("{request}\t"),
        fee.to_string(),
        "0.00".to_owned(),
        String::new(),
    ];
    cells.join(",") + "\r\n"
}

fn summary(of_day: &BillDay, day: BusinessDay) -> String {
    let (paid, back): (Vec<&Line>, Vec<&Line>) = of_day.counted.iter().partition(|line| line.refund.is_none());
    let fee =
        Cents::sum(of_day.counted.iter().map(|line| whole_fen(-line.fee_milli))).expect("a day's sum is an amount");
    let net = sum(&paid).minus(sum(&back)).and_then(|net| net.plus(fee)).expect("a day's sum is an amount");
    format!(
        "{}门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）,实收净额（元）\r\n合计,,{},{},{},{},{fee},{net}\r\n",
        opening("业务明细(汇总)", day),
        paid.len(),
        back.len(),
        sum(&paid),
        sum(&paid).minus(sum(&back)).expect("a day's sum is an amount"),
    )
}

const FUND_HEADER: &str = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注";

/// The cash of the account: a payment is income, its fee and a refund are expenses.
fn funds(of_day: &BillDay, day: BusinessDay) -> String {
    let mut out = opening("账务明细", day);
    out.push_str(&format!("#-----------------------------------------账务明细列表----------------------------------------\r\n{FUND_HEADER}\r\n"));
    let mut balance = Cents::ZERO;
    for (n, (line, kind, change)) in of_day.lines.iter().flat_map(changes).enumerate() {
        balance = balance.plus(change).expect("a day's sum is an amount");
        let (income, expense) = if change.is_negative() { (Cents::ZERO, change) } else { (change, Cents::ZERO) };
        out.push_str(&format!(
            "{}{n:06}\t,{}\t,{}\t,{},{},*家长,{income},{expense},{balance},支付宝,{kind},\r\n",
            line.channel_number,
            line.channel_number,
            line.number,
            line.description.replace(',', "，"),
            china_text(line.at),
        ));
    }
    let all: Vec<Cents> = of_day.counted.iter().flat_map(changes).map(|(_, _, change)| change).collect();
    let of = |negative: bool| -> Vec<Cents> { all.iter().copied().filter(|c| c.is_negative() == negative).collect() };
    let total = |amounts: &[Cents]| Cents::sum(amounts.iter().copied()).expect("a day's sum is an amount");
    let (income, expense) = (of(false), of(true));
    out.push_str(&format!(
        "#-----------------------------------------账务明细列表结束------------------------------------\r\n#支出合计：{}笔，共{}元\r\n#收入合计：{}笔，共{}元\r\n",
        expense.len(),
        total(&expense),
        income.len(),
        total(&income),
    ));
    out
}

fn changes(line: &Line) -> Vec<(&Line, &'static str, Cents)> {
    let fee = whole_fen(-line.fee_milli);
    let (kind, main) = match &line.refund {
        None => ("在线支付", line.amount),
        Some(part) => ("交易退款", part.amount.negated().expect("an amount has its opposite")),
    };
    let both = [(line, kind, main), (line, "收费", fee)];
    both.into_iter().filter(|(_, _, change)| !change.is_zero()).collect()
}
