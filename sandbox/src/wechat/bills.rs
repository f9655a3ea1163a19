//! WeChat Pay's bills: a digest and an address first, then the file.

use super::{Answer, Refusal, Said, orders, refunds};
use crate::Sandbox;
use crate::bill_day::{self, BillDay, Line};
use crate::books::{Channel, fee_milli};
use crate::identity::{MCHID, WECHAT_APPID};
use crate::wire::Incoming;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;
use yitong_channels::crypto::sha1;
use yitong_channels::pay::amounts::yuan_from_milli;
use yitong_channels::pay::china_time::china_text;
use yitong_values::{BusinessDay, Cents};

const ADDRESS_LIFE_MS: i64 = 30_000;
/// Bills are there from ten o'clock on the next day.
const READY_AFTER_MS: i64 = (24 + 10) * 3_600_000;
const KEPT_DAYS: i64 = 93;

pub fn ask(sandbox: &Sandbox, incoming: &Incoming, kind: &str) -> Said {
    let now = sandbox.now();
    let day = incoming.asked("bill_date").and_then(|day| day.parse::<BusinessDay>().ok());
    let day = day.ok_or_else(|| Refusal::param("bill_date"))?;
    let today = now.china_day();
    if day.plus_days(KEPT_DAYS) < today || day > today {
        return Err(Refusal::param("bill_date"));
    }
    let faults = sandbox.faults();
    if !faults.bills_at_once {
        if day == today {
            return Err(Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
        }
        if now < day.start().plus_ms(READY_AFTER_MS) {
            return Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中"));
        }
    }
    let of_day = bill_day::of_day(&mut sandbox.state().books, Channel::Wechat, day, now, &faults);
    if of_day.counted.is_empty() {
        return Err(Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
    }
    let file = match kind {
        "fundflowbill" => {
            one_of(incoming, "account_type", &["BASIC", "OPERATION", "FEES"])?;
            funds(&of_day)
        }
        _ => {
            one_of(incoming, "bill_type", &["ALL", "SUCCESS", "REFUND"])?;
            trades(&of_day, incoming.asked("bill_type").as_deref().unwrap_or("ALL"))
        }
    };
    // The digest is over the file before it is packed.
    let hash = hex::encode(sha1(file.as_bytes()));
    let packed = match incoming.asked("tar_type").as_deref() {
        None => file.into_bytes(),
        Some("GZIP") => gzip(file.as_bytes()),
        Some(_) => return Err(Refusal::param("tar_type")),
    };
    let word = sandbox.keep_file(packed, ADDRESS_LIFE_MS);
    let url = format!("{}/v3/billdownload/file?token={word}", sandbox.address());
    Ok(Answer::Json(json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url})))
}

pub fn download(sandbox: &Sandbox, incoming: &Incoming) -> Said {
    let word = incoming.asked("token").unwrap_or_default();
    let file = sandbox.kept_file(&word).ok_or_else(|| Refusal::new(400, "INVALID_REQUEST", "下载链接已过期"))?;
    Ok(Answer::File(file))
}

fn one_of(incoming: &Incoming, name: &str, known: &[&str]) -> Result<(), Refusal> {
    let asked = incoming.asked(name);
    if asked.is_none_or(|asked| known.contains(&asked.as_str())) { Ok(()) } else { Err(Refusal::param(name)) }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes what is written")
}

const TRADE_HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TRADE_TOTALS: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

fn trades(of_day: &BillDay, kind: &str) -> String {
    let kept = |line: &&Line| match kind {
        "SUCCESS" => line.refund.is_none(),
        "REFUND" => line.refund.is_some(),
        _ => true,
    };
    let mut out = format!("\u{feff}{TRADE_HEADER}\r\n");
    for line in of_day.lines.iter().filter(kept) {
        out.push_str(&row(&trade_cells(line)));
    }
    let counted: Vec<&Line> = of_day.counted.iter().filter(kept).collect();
    let paid = Cents::sum(counted.iter().filter(|line| line.refund.is_none()).map(|line| line.amount));
    let back = Cents::sum(counted.iter().filter_map(|line| line.refund.as_ref()).map(|part| part.amount));
    let paid = paid.expect("a day's sum is an amount").to_string();
    let back = back.expect("a day's sum is an amount").to_string();
    let fee = yuan_from_milli(counted.iter().map(|line| line.fee_milli).sum());
    let totals = [counted.len().to_string(), paid.clone(), back.clone(), "0.00".into(), fee, paid, back];
    out + TRADE_TOTALS + "\r\n" + &row(&totals)
}

fn trade_cells(line: &Line) -> Vec<String> {
    let zero = || "0.00".to_owned();
    let trade_type = orders::trade_type(&line.scene).to_owned();
    let payer = if line.payer.is_empty() { "oSandboxPayer00000000000001".to_owned() } else { line.payer.clone() };
    let (state, settled, refund, total, asked) = match &line.refund {
        None => {
            let empty = [zero(), zero(), zero(), zero(), String::new(), String::new()];
            ("SUCCESS", line.amount.to_string(), empty, line.amount.to_string(), zero())
        }
        Some(part) => {
            let amount = part.amount.to_string();
            let word = refunds::word(part.state).to_owned();
            let numbers = (part.channel_number.clone(), part.number.clone());
            let filled = [numbers.0, numbers.1, amount.clone(), zero(), "ORIGINAL".to_owned(), word];
            ("REFUND", zero(), filled, zero(), amount)
        }
    };
    let mut cells = vec![china_text(line.at), WECHAT_APPID.into(), MCHID.into(), "0".into(), String::new()];
    cells.extend([line.channel_number.clone(), line.number.clone(), payer, trade_type, state.to_owned()]);
    cells.extend(["OTHERS".to_owned(), "CNY".to_owned(), settled, zero()]);
    cells.extend(refund);
    // A comma or a quotation mark in a name does not end a cell: only the backtick begins one.
    cells.extend([line.description.clone(), String::new(), yuan_from_milli(line.fee_milli), "0.60%".to_owned()]);
    cells.extend([total, asked, String::new()]);
    cells
}

const FUND_HEADER: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const FUND_TOTALS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

/// Each payment is money in and a fee out; each refund is money out and its fee back in. Whole fen only: what is less
/// stays with the channel's account of fees.
fn funds(of_day: &BillDay) -> String {
    let flows = |lines: &[Line]| -> Vec<Flow> { lines.iter().flat_map(flows_of).collect() };
    let counted = flows(&of_day.counted);
    let mut out = format!("\u{feff}{FUND_HEADER}\r\n");
    let mut balance = Cents::ZERO;
    for (n, flow) in flows(&of_day.lines).iter().enumerate() {
        balance = if flow.income { balance.plus(flow.amount) } else { balance.minus(flow.amount) }
            .expect("a day's sum is an amount");
        let cells = [
            china_text(flow.at),
            flow.channel_number.clone(),
            format!("{}{n:06}", flow.channel_number),
            flow.name.to_owned(),
            flow.name.to_owned(),
            if flow.income { "收入" } else { "支出" }.to_owned(),
            flow.amount.to_string(),
            balance.to_string(),
            "system".to_owned(),
            String::new(),
            flow.number.clone(),
        ];
        out.push_str(&row(&cells));
    }
    let sum = |income: bool| {
        let of: Vec<Cents> = counted.iter().filter(|flow| flow.income == income).map(|flow| flow.amount).collect();
        (of.len().to_string(), Cents::sum(of).expect("a day's sum is an amount").to_string())
    };
    let (incomes, income) = sum(true);
    let (expenses, expense) = sum(false);
    out + FUND_TOTALS + "\r\n" + &row(&[counted.len().to_string(), incomes, income, expenses, expense])
}

struct Flow {
    at: yitong_values::Timestamp,
    channel_number: String,
    number: String,
    name: &'static str,
    income: bool,
    amount: Cents,
}

fn flows_of(line: &Line) -> Vec<Flow> {
    let flow = |name, income, amount, number: &str, channel_number: &str| Flow {
        at: line.at,
        channel_number: channel_number.to_owned(),
        number: number.to_owned(),
        name,
        income,
        amount,
    };
    let (main, fee) = match &line.refund {
        None => {
            let fee = bill_day::whole_fen(line.fee_milli);
            let number = (line.number.as_str(), line.channel_number.as_str());
            (
                flow("交易", true, line.amount, number.0, number.1),
                flow("扣除交易手续费", false, fee, number.0, number.1),
            )
        }
        Some(part) => {
            let fee = bill_day::whole_fen(fee_milli(part.amount));
            let number = (part.number.as_str(), part.channel_number.as_str());
            (
                flow("退款", false, part.amount, number.0, number.1),
                flow("退还交易手续费", true, fee, number.0, number.1),
            )
        }
    };
    [main, fee].into_iter().filter(|flow| !flow.amount.is_zero()).collect()
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("`{cell}")).collect();
    cells.join(",") + "\r\n"
}
