//! Bills of Alipay: where the file is, the file, and its lines.
//!
//! The file is a zip with two tables in GBK: the details, which are read, and sums for each shop. Alipay gives no
//! digest and signs no file, so the totals in the comments below the details are what shows that a line is missing.

use super::Alipay;
use super::answers::{Answer, read_json};
use crate::pay::amounts::{from_yuan, milli_from_yuan, yuan};
use crate::pay::{Bill, BillError, BillKind, BillLine, BillLineKind, BillStep, china_time};
use crate::{Call, Moment, Outcome, Reply};
use serde_json::json;
use std::io::Read as _;
use yitong_values::{BusinessDay, Cents};

pub(super) const BILL: &str = "alipay.data.dataservice.bill.downloadurl.query";
/// What a file may unpack to: a school's day is a thousandth of it.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
const FILES_MAX: usize = 16;

#[derive(serde::Deserialize)]
struct Where {
    bill_download_url: String,
}

impl Alipay {
    /// Two steps within half a minute: the address lives no longer. It is taken as it is given, and needs no signature;
    /// Alipay writes it without encryption, which whoever sends may add.
    pub(super) fn bill_step(&self, day: BusinessDay, kind: BillKind, so_far: &[Reply], at: &Moment) -> BillStep {
        let [first, rest @ ..] = so_far else {
            let kind = match kind {
                BillKind::Trades => "trade",
                BillKind::Funds => "signcustomer",
            };
            let biz = json!({ "bill_type": kind, "bill_date": day.to_string() });
            return match self.call(BILL, &biz, &[], at) {
                Ok(call) => BillStep::Send(call),
                Err(misuse) => BillStep::Failed { why: misuse.to_string() },
            };
        };
        let url = match self.where_is(first, at) {
            Ok(url) => url,
            Err(step) => return step,
        };
        let Some(file) = rest.first() else { return BillStep::Send(Call::get(url)) };
        if !file.is_success() {
            return BillStep::Failed { why: format!("the file was answered with status {}", file.status) };
        }
        // An address that has run out is answered with a page.
        match details(kind, &file.body) {
            Ok(_) => BillStep::Ready(file.body.clone()),
            Err(err) => BillStep::Failed { why: err.to_string() },
        }
    }

    fn where_is(&self, reply: &Reply, at: &Moment) -> Result<String, BillStep> {
        let failed = |why: String| Err(BillStep::Failed { why });
        match self.open(BILL, reply, at) {
            Answer::Done(raw) => match read_json::<Where>(&raw) {
                Outcome::Done(Where { bill_download_url: url })
                    if url.starts_with("https://") || url.starts_with("http://") =>
                {
                    Ok(url)
                }
                _ => failed("the answer does not say where the file is".to_owned()),
            },
            Answer::Error(error) if error.sub_code.to_ascii_lowercase().contains("bill_not_exist") => {
                Err(BillStep::Empty)
            }
            Answer::Error(error) => failed(format!("{} {}: {}", error.code, error.sub_code, error.message)),
            Answer::Unknown(_) if reply.status == 429 || reply.status >= 500 => Err(BillStep::NotReady),
            Answer::Unknown(why) if why.starts_with("20000 ") => Err(BillStep::NotReady),
            Answer::Unknown(why) => failed(why),
        }
    }
}

/// A column by which the table of details is known, of all the files in the zip.
fn landmark(kind: BillKind) -> &'static str {
    match kind {
        BillKind::Trades => "支付宝交易号",
        BillKind::Funds => "账务流水号",
    }
}

/// The details, decoded. Their file is found by what it says: its name is GBK, which zip does not know.
fn details(kind: BillKind, file: &[u8]) -> Result<String, BillError> {
    let not_a_bill = |why: &str| BillError::NotABill(why.to_owned());
    let mut zip =
        zip::ZipArchive::new(std::io::Cursor::new(file)).map_err(|_| not_a_bill("it is not a zip, or cut"))?;
    let mut left = UNPACKED_BYTES_MAX;
    for i in 0..zip.len().min(FILES_MAX) {
        let entry = zip.by_index(i).map_err(|_| not_a_bill("a file in the zip can't be opened"))?;
        let mut bytes = Vec::new();
        // Reading to the end also compares the checksum.
        let read = entry.take(left).read_to_end(&mut bytes).map_err(|_| not_a_bill("a file in the zip is broken"))?;
        left = left.saturating_sub(read as u64);
        if left == 0 {
            return Err(not_a_bill("it unpacks to more than a bill can be"));
        }
        let (text, _, broken) = encoding_rs::GBK.decode(&bytes);
        if !broken && text.lines().any(|line| line.split(',').any(|name| name.trim() == landmark(kind))) {
            return Ok(text.into_owned());
        }
    }
    Err(not_a_bill("there are no details in it"))
}

pub(super) fn read(kind: BillKind, file: &[u8], seller_id: Option<&str>) -> Result<Bill, BillError> {
    read_details(kind, &details(kind, file)?, seller_id)
}

fn read_details(kind: BillKind, text: &str, seller_id: Option<&str>) -> Result<Bill, BillError> {
    let table = Table::read(text, landmark(kind))?;
    if let (Some(seller_id), Some(account)) = (seller_id, table.comment("账号"))
        && !account.trim_start_matches('[').starts_with(seller_id)
    {
        return Err(BillError::NotABill("it is about another merchant".to_owned()));
    }
    match kind {
        BillKind::Trades => trades(&table),
        BillKind::Funds => funds(&table),
    }
}

struct Table<'a> {
    header: Vec<&'a str>,
    /// With the number of the line in the file.
    rows: Vec<(usize, Vec<&'a str>)>,
    /// Without their sharps.
    comments: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn read(text: &'a str, landmark: &str) -> Result<Table<'a>, BillError> {
        let mut table = Table { header: Vec::new(), rows: Vec::new(), comments: Vec::new() };
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim_end_matches('\r'))) {
            if let Some(comment) = line.strip_prefix('#') {
                table.comments.push(comment.trim_start_matches('#'));
                continue;
            }
            if line.trim().is_empty() {
                continue;
            }
            let values: Vec<&str> = line.split(',').map(str::trim).collect();
            if table.header.is_empty() {
                if !values.contains(&landmark) {
                    return Err(BillError::NotABill("something stands before its header".to_owned()));
                }
                table.header = values;
            } else {
                table.rows.push((number, values));
            }
        }
        if table.header.is_empty() { Err(BillError::NotABill("it has no header".to_owned())) } else { Ok(table) }
    }

    fn comment(&self, name: &str) -> Option<&'a str> {
        self.comments.iter().find_map(|comment| comment.strip_prefix(name)?.strip_prefix('：'))
    }

    fn need(&self, name: &str) -> Result<usize, BillError> {
        let found = self.header.iter().position(|known| *known == name);
        found.ok_or_else(|| BillError::NotABill(format!("the column {name} is missing")))
    }

    /// The values of a row under the columns of the header. Nothing is quoted, and what people typed may hold commas:
    /// the name of the goods or the remark. Surplus values belong to the one of them with which the row can be read.
    fn line<T>(
        &self,
        row: &(usize, Vec<&str>),
        read: impl Fn(&[&str]) -> Result<T, &'static str>,
    ) -> Result<T, BillError> {
        let (line, values) = row;
        let wrong = |why: &str| BillError::Line { line: *line, why: why.to_owned() };
        let surplus = values.len().checked_sub(self.header.len()).ok_or_else(|| wrong("it is cut off"))?;
        if surplus == 0 {
            return read(values).map_err(wrong);
        }
        let typed =
            ["商品名称", "备注"].into_iter().filter_map(|name| self.header.iter().position(|known| *known == name));
        let mut fitting = typed.filter_map(|column| {
            let mut fitted = values[..=column].to_vec();
            fitted.extend(&values[column + 1 + surplus..]);
            read(&fitted).ok()
        });
        fitting.next().ok_or_else(|| wrong("it has more values than the header has columns"))
    }
}

/// `交易合计：6笔，商家实收共0.06元，…`: how many lines, and the first sum. Some files put a minus before refunds.
fn total(table: &Table<'_>, name: &str) -> Result<(usize, Cents), BillError> {
    let missing =
        || BillError::Totals { stated: format!("{name} none"), counted: format!("{} lines", table.rows.len()) };
    let stated = table.comment(name).ok_or_else(missing)?;
    let (count, rest) = stated.split_once('笔').ok_or_else(missing)?;
    let amount = rest.split_once('共').and_then(|(_, rest)| rest.split_once('元')).map(|(amount, _)| amount);
    let amount = amount.and_then(|amount| from_yuan(amount.trim_start_matches('-')));
    Ok((count.trim().parse().map_err(|_| missing())?, amount.ok_or_else(missing)?))
}

fn compare(table: &Table<'_>, name: &str, amounts: &[Cents]) -> Result<(), BillError> {
    let (count, stated) = total(table, name)?;
    let counted = Cents::sum(amounts.iter().copied()).map_err(|err| BillError::NotABill(err.to_string()))?;
    if (count, stated) == (amounts.len(), counted) {
        return Ok(());
    }
    Err(BillError::Totals {
        stated: format!("{name} {count}, {}", yuan(stated)),
        counted: format!("{}, {}", amounts.len(), yuan(counted)),
    })
}

fn absolute(text: &str) -> Result<Cents, &'static str> {
    from_yuan(text.trim_start_matches('-')).ok_or("its amount can't be read")
}

fn trades(table: &Table<'_>) -> Result<Bill, BillError> {
    let channel_number = table.need("支付宝交易号")?;
    let number = table.need("商户订单号")?;
    let kind = table.need("业务类型")?;
    let finished = table.need("完成时间")?;
    let amount = table.need("订单金额（元）")?;
    let received = table.need("商家实收（元）")?;
    let refund_number = table.need("退款批次号/请求号")?;
    let fee = table.need("服务费（元）")?;
    let mut lines = Vec::with_capacity(table.rows.len());
    let (mut paid, mut given_back) = (Vec::new(), Vec::new());
    for row in &table.rows {
        let (line, received) = table.line(row, |row| {
            let kind_of = match row[kind] {
                "交易" => BillLineKind::Payment,
                "退款" => BillLineKind::Refund,
                _ => BillLineKind::Other,
            };
            let is_refund = kind_of == BillLineKind::Refund;
            let line = BillLine {
                kind: kind_of,
                number: row[number].to_owned(),
                refund_number: Some(row[refund_number]).filter(|n| is_refund && !n.is_empty()).map(str::to_owned),
                channel_number: row[channel_number].to_owned(),
                amount: absolute(row[amount])?,
                // What Alipay keeps stands there with a minus.
                fee_milli: -milli_from_yuan(row[fee]).ok_or("its fee can't be read")?,
                at: china_time::from_china_text(row[finished]).ok_or("its time can't be read")?,
                state: row[kind].to_owned(),
            };
            Ok((line, absolute(row[received])?))
        })?;
        match line.kind {
            BillLineKind::Payment => paid.push(received),
            BillLineKind::Refund => given_back.push(received),
            BillLineKind::Other => {}
        }
        lines.push(line);
    }
    compare(table, "交易合计", &paid)?;
    compare(table, "退款合计", &given_back)?;
    Ok(Bill { lines })
}

fn funds(table: &Table<'_>) -> Result<Bill, BillError> {
    let business_number = table.need("业务流水号")?;
    let number = table.need("商户订单号")?;
    let time = table.need("发生时间")?;
    let income = table.need("收入金额（+元）")?;
    let expense = table.need("支出金额（-元）")?;
    let kind = table.need("业务类型")?;
    let mut lines = Vec::with_capacity(table.rows.len());
    let (mut incomes, mut expenses) = (Vec::new(), Vec::new());
    for row in &table.rows {
        let (line, is_income) = table.line(row, |row| {
            let blank_is_zero = |text: &str| if text.is_empty() { Ok(Cents::ZERO) } else { absolute(text) };
            let (income, expense) = (blank_is_zero(row[income])?, blank_is_zero(row[expense])?);
            if income.is_zero() == expense.is_zero() {
                return Err("it is neither income nor expense");
            }
            let is_income = expense.is_zero();
            let kind_of = match (row[kind], is_income) {
                ("在线支付" | "交易" | "交易付款", true) => BillLineKind::Payment,
                ("交易退款" | "退款", false) => BillLineKind::Refund,
                _ => BillLineKind::Other,
            };
            let line = BillLine {
                kind: kind_of,
                number: row[number].to_owned(),
                refund_number: None,
                channel_number: row[business_number].to_owned(),
                amount: if is_income { income } else { expense },
                fee_milli: 0,
                at: china_time::from_china_text(row[time]).ok_or("its time can't be read")?,
                state: format!("{} {}", row[kind], if is_income { "收入" } else { "支出" }),
            };
            Ok((line, is_income))
        })?;
        if is_income {
            incomes.push(line.amount)
        } else {
            expenses.push(line.amount)
        }
        lines.push(line);
    }
    compare(table, "收入合计", &incomes)?;
    compare(table, "支出合计", &expenses)?;
    Ok(Bill { lines })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;

    const NAMES: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,\
                         对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,\
                         券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,\
                         分润（元）,备注";

    fn bill(goods: &str, remark: &str) -> String {
        format!(
            "#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n\
             #起始日期：[2026年11月19日 00:00:00]   终止日期：[2026年11月20日 00:00:00]\r\n\
             #-----------------------------------------业务明细列表----------------------------------------\r\n\
             {NAMES}\r\n\
             2026111922001400010000000001\t,P1\t,交易\t,{goods},2026-11-19 11:58:00,2026-11-19 11:58:09,\t,\t,\t,\t,\
             *三(138****0000)\t,12.50,12.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.07500,0.00,{remark}\r\n\
             2026111922001400010000000001\t,P1\t,退款\t,{goods},2026-11-19 11:58:00,2026-11-19 12:30:00,\t,\t,\t,\t,\
             *三(138****0000)\t,-2.50,-2.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,R1\t,0.01500,0.00,{remark}\r\n\
             #-----------------------------------------业务明细列表结束------------------------------------\r\n\
             #交易合计：1笔，商家实收共12.50元，商家优惠共0.00元\r\n\
             #退款合计：1笔，商家实收退款共-2.50元，商家优惠退款共0.00元\r\n\
             #导出时间：[2026年11月20日 06:27:10]\r\n"
        )
    }

    const FUNDS: &str = "#支付宝账务明细查询\n#账号：[20880000000000010156]\n#----账务明细列表----\n\
        账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,\
        业务类型,备注\n\
        54632446537371\t,2026111922001\t,P1\t,饭\t,2026-11-19 11:58:09,x\t,12.50,0.00,12.50,支付宝,在线支付,\n\
        54632446537372\t,2026111922001\t,P1\t,饭\t,2026-11-19 11:58:10,x\t,,-0.07,12.43,支付宝,收费,服务费[P1]\n\
        54632446537373\t,2026111922001\t,P1\t,饭\t,2026-11-19 12:30:00,x\t,0.00,-2.50,9.93,支付宝,交易退款,\n\
        #----账务明细列表结束----\n#支出合计：2笔，共2.57元\n#收入合计：1笔，共12.50元\n#导出时间：[x]\n";

    /// As Alipay packs them: names in GBK, sums beside the details.
    pub fn packed(details: &str) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in
            [("sums.csv", "#支付宝业务汇总查询\n门店编号,门店名称,交易订单总笔数\n,,1\n"), ("details.csv", details)]
        {
            zip.start_file(name, options).unwrap();
            zip.write_all(&encoding_rs::GBK.encode(text).0).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    pub fn sample() -> Vec<u8> {
        packed(&bill("午餐充值", ""))
    }

    #[test]
    fn a_trade_bill_is_unpacked_read_and_added_up() {
        for (goods, remark) in [("午餐充值", ""), ("饭,汤,和面", ""), ("饭", "订单,备注")] {
            let bill = read(BillKind::Trades, &packed(&bill(goods, remark)), Some("2088000000000001")).unwrap();
            let [payment, refund] = &bill.lines[..] else { panic!("two lines") };
            assert_eq!((payment.kind, payment.amount.fen(), payment.fee_milli), (BillLineKind::Payment, 1250, 7500));
            assert_eq!((refund.kind, refund.amount.fen(), refund.fee_milli), (BillLineKind::Refund, 250, -1500));
            assert_eq!((payment.number.as_str(), refund.refund_number.as_deref()), ("P1", Some("R1")));
            assert_eq!(china_time::china_text(refund.at), "2026-11-19 12:30:00");
        }
    }

    #[test]
    fn a_fund_bill_is_read_and_added_up() {
        let bill = read(BillKind::Funds, &packed(FUNDS), None).unwrap();
        let kinds: Vec<_> = bill.lines.iter().map(|line| (line.kind, line.amount.fen())).collect();
        use BillLineKind::*;
        assert_eq!(kinds, [(Payment, 1250), (Other, 7), (Refund, 250)]);
        assert_eq!(bill.lines[1].state, "收费 支出");
        let without = FUNDS.lines().filter(|line| !line.contains("服务费")).collect::<Vec<_>>().join("\n");
        assert!(matches!(read(BillKind::Funds, &packed(&without), None), Err(BillError::Totals { .. })));
    }

    #[test]
    fn what_is_missing_or_foreign_is_refused() {
        let refused = |text: &str| read_details(BillKind::Trades, text, Some("2088000000000001")).unwrap_err();
        let good = bill("饭", "");
        assert!(matches!(refused(&good.replace("#账号：[2088", "#账号：[2099")), BillError::NotABill(_)));
        assert!(matches!(refused(&good.replace("12.50,12.50,", "12.50,12.51,")), BillError::Totals { .. }));
        assert!(matches!(refused(&good.replace("#退款合计", "#别的合计")), BillError::Totals { .. }));
        assert!(matches!(refused(&good.replace("服务费（元）", "别的（元）")), BillError::NotABill(_)));
        assert!(matches!(refused(&good.replace(",2026-11-19 11:58:09,", ",")), BillError::Line { .. }));
        assert!(matches!(refused(""), BillError::NotABill(_)));
        assert!(matches!(read(BillKind::Trades, b"<html>", None), Err(BillError::NotABill(_))));
        assert!(matches!(read(BillKind::Funds, &sample(), None), Err(BillError::NotABill(_))));
    }

    #[test]
    fn an_empty_day_has_totals_of_zero() {
        let text =
            format!("#账号：[x]\n{NAMES}\n#交易合计：0笔，商家实收共0.00元\n#退款合计：0笔，商家实收退款共0.00元\n");
        assert_eq!(read_details(BillKind::Trades, &text, None), Ok(Bill { lines: Vec::new() }));
    }

    proptest::proptest! {
        #[test]
        fn a_bill_that_was_cut_is_noticed(at in 0usize..4000) {
            let good = bill("饭", "");
            // After the amount of the last total nothing that counts follows.
            let counts = good.rfind("元，商家优惠退款").unwrap();
            let cut = good.floor_char_boundary(at % counts);
            proptest::prop_assert!(read_details(BillKind::Trades, &good[..cut], None).is_err());
        }

        #[test]
        fn a_broken_file_is_noticed(at in 0usize..4000, flip in 1u8..=255, cut: bool) {
            let good = sample();
            let mut bad = good.clone();
            let at = at % bad.len();
            if cut { bad.truncate(at) } else { bad[at] ^= flip }
            // Some bytes of a zip are dates and the like: then the lines are the same. Never others.
            let whole = read(BillKind::Trades, &good, None).unwrap();
            proptest::prop_assert!(read(BillKind::Trades, &bad, None).is_ok_and(|read| read == whole && !cut)
                || read(BillKind::Trades, &bad, None).is_err());
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[#,0-9.：笔共元支付宝交易号\r\n]{0,200}") {
            let _ = read_details(BillKind::Trades, &text, Some("2088"));
            let _ = read_details(BillKind::Funds, &text, None);
        }
    }
}
