//! `yitong copy-to`: a school that outgrows one machine takes its whole history along, and can prove it.

use crate::plumbing::db::{Db, Place, copy};
use crate::wallets::{self, Report};
use std::path::PathBuf;
use yitong_ledger::Root;
use yitong_values::{BusinessDay, SchoolId};

type Failure = Box<dyn std::error::Error>;

/// What was proved of both databases.
#[derive(Debug)]
pub struct Proof {
    pub tables: Vec<copy::CopiedTable>,
    pub report: Report,
    pub roots: Vec<(SchoolId, BusinessDay, Root)>,
}

/// Verifies the books, copies every table, and verifies the books of the copy. `say` hears how far it is.
pub async fn copy_to(
    file: PathBuf,
    url: String,
    mut say: impl FnMut(&str, u64) + Send + 'static,
) -> Result<Proof, Failure> {
    let place = Place::Postgres(url.clone());
    if !file.exists() {
        return Err(format!("{0} 没有数据库。There is no database at {0}.", file.display()).into());
    }
    let before = Db::open(&Place::File(file.clone()))?;
    let (report, roots) = books(&before).await?;
    if !report.ok() {
        let zh = "源数据库的账目未通过核对，请先运行 yitong verify，不复制。";
        return Err(
            format!("{zh} The books of the source are not whole; run `yitong verify`. Nothing was copied.").into()
        );
    }
    let copying = move || copy::copy(&file, &url, &mut say);
    let tables = tokio::task::spawn_blocking(copying).await?.map_err(words)?;
    let after = Db::open(&place)?;
    if books(&after).await? != (report.clone(), roots.clone()) {
        return Err("复制后的账目与源不符，请勿使用目标数据库。The copy's books differ; do not use the target.".into());
    }
    // Whoever wrote to the file since the copy would have written to the wrong database.
    if books(&before).await? != (report.clone(), roots.clone()) {
        let zh = "复制期间源数据库有新的账目：请停止服务，清空目标数据库后再复制。";
        return Err(format!("{zh} The source went on meanwhile: stop the server, empty the target, copy again.").into());
    }
    Ok(Proof { tables, report, roots })
}

type Books = (Report, Vec<(SchoolId, BusinessDay, Root)>);

async fn books(db: &Db) -> Result<Books, Failure> {
    let report = wallets::verify(db, None).await?;
    Ok((report, db.read(wallets::day_roots).await?))
}

fn words(why: copy::CopyError) -> Failure {
    let zh = match &why {
        copy::CopyError::Absent => "这里没有数据库。".to_owned(),
        copy::CopyError::NotEmpty(table) => format!("目标数据库不是空的（表 {table} 已有数据），未作任何改动。"),
        copy::CopyError::Differs(table) => format!("表 {table} 读回的内容与源不同，未保留任何内容。"),
        copy::CopyError::Db(_) => "数据库出错，目标数据库未保留任何内容。".to_owned(),
    };
    format!("{zh} {why}").into()
}

impl Proof {
    /// For the one who decides to go on with the copy.
    pub fn print(&self) {
        for table in &self.tables {
            println!("✓ {:<18} {:>10}  {}", table.name, table.rows, &table.digest[..16]);
        }
        let rows: u64 = self.tables.iter().map(|table| table.rows).sum();
        let (tables, days) = (self.tables.len(), self.roots.len());
        let report = &self.report;
        println!("✓ {tables} 张表、{rows} 行逐表读回，内容摘要一致。");
        println!("✓ {tables} tables with {rows} rows were read back; the digest of each is the same.");
        let (schools, entries, accounts) = (report.schools, report.entries, report.accounts);
        println!("✓ 两边的账目均核对完好：{schools} 所学校、{entries} 笔账目、{accounts} 个账户。");
        println!("✓ The books of both are whole: {schools} schools, {entries} entries, {accounts} accounts.");
        println!("✓ {days} 个日结的根哈希两边相同。The roots of {days} closed days are the same on both.");
        println!("下一步：用同一个密钥文件，以 DATABASE_URL 指向新数据库启动；旧文件请妥善保存，不要再用它收款。");
        println!("Next: start with the same key file and DATABASE_URL set; keep the old file, and sell nothing on it.");
    }
}
