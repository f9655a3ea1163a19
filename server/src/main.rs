//! One binary, many roles: serve a school, run the demo, prove the books, keep a copy.

mod cli;

use clap::Parser;
use cli::{Cli, CodeCommand, Command, ConfigCommand, Where};
use std::path::Path;
use std::process::ExitCode;
use yitong::App;
use yitong::credentials::TakeOver;
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::{self, Config};
use yitong::plumbing::db::{Db, Place};
use yitong::plumbing::seal::Seal;
use yitong::upkeep::{self, Existing};

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Openapi = cli.command {
        println!("{}", yitong::routes::openapi().to_pretty_json().expect("the document is JSON"));
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads for the server");
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("yitong: {why}");
            ExitCode::FAILURE
        }
    }
}

fn open(config: Config) -> Result<App, Box<dyn std::error::Error>> {
    let seal = Seal::from_file(&config.key_file)?;
    let db = Db::open(&config.database)?;
    Ok(App::new(config, db, Clock::System, seal))
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Serve { place } => {
            let config = place.settle()?.config;
            yitong::plumbing::logs::start(&config.log);
            let listen = config.listen;
            let app = open(config)?;
            upkeep::start(&app);
            yitong::family::start(&app);
            let listening = || println!("Yitong listens on http://{listen}/admin/");
            yitong::plumbing::http::serve::until_signal(app.clone(), yitong::routes::router(app), listening).await?;
        }
        Command::Demo { data, listen, keep, pupils, days } => {
            let config = Config { listen, ..Config::in_folder(data) };
            yitong::plumbing::logs::start(&config.log);
            yitong::demo::run(config, keep, yitong::demo::Size { pupils, days }).await?;
        }
        Command::Sandbox { data, listen } => {
            if !listen.ip().is_loopback() {
                return Err("支付沙箱只能在本机地址运行。The sandbox listens on loopback only.".into());
            }
            yitong::demo::sandbox_alone(&data, listen).await?;
        }
        Command::Verify { place } => return verify(&place).await,
        Command::Backup { place, to, keep } => return backup(&place, to.as_deref(), keep),
        Command::Restore { place, from, replace } => return restore(&place, &from, replace),
        Command::CopyTo { place, target } => {
            let config = place.settle()?.config;
            let say = |table: &str, rows| eprintln!("{table}: {rows}");
            yitong::copy::copy_to(embedded(&config)?.to_owned(), target, say).await?.print();
        }
        Command::Config { command: ConfigCommand::Example } => print!("{}", config::example()),
        Command::Config { command: ConfigCommand::Check { place } } => return cli::check::run(&place),
        Command::Code { command: CodeCommand::ImportLegacy { place, school, profile, key, last_day, apply, list } } => {
            let config = place.settle()?.config;
            let db = Db::open(&config.database)?;
            let mode = if apply { TakeOver::Apply } else { TakeOver::LookOnly };
            let (key, last_day) = (key.as_deref(), last_day.as_deref());
            let ask = cli::legacy::Ask { school: &school, profile: &profile, key, last_day, list: &list, mode };
            return cli::legacy::run(&db, &ask).await;
        }
        Command::BenchTerminal { agent, people, sales } => yitong::bench::terminal::run(&agent, people, sales).await?,
        Command::BenchJournal { terminals, records } => yitong::bench::journals::run(terminals, records).await?,
        Command::BenchPayments { orders } => yitong::bench::call_backs::run(orders).await?,
        Command::Bench { history, seconds } => yitong::bench::run(history, seconds).await?,
        Command::Openapi => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The embedded database, which must be there; PostgreSQL has its own means for what is done with a file.
fn embedded(config: &Config) -> Result<&Path, String> {
    match &config.database {
        Place::File(path) => Ok(path),
        Place::Postgres(_) => Err("PostgreSQL 请用 pg_dump 备份、pg_restore 恢复，然后运行 yitong verify。\n\
             PostgreSQL is backed up with pg_dump (or its archiving) and restored with pg_restore; run `yitong verify` \
             afterwards."
            .into()),
    }
}

fn backup(place: &Where, to: Option<&Path>, keep: Option<u32>) -> Outcome {
    let config = place.settle()?.config;
    let database = embedded(&config)?;
    if !database.exists() {
        return Err(format!("there is no database at {}", database.display()).into());
    }
    let key = Seal::from_existing_file(&config.key_file)?;
    let (folder, keep) = (to.unwrap_or(&config.backup.folder), keep.unwrap_or(config.backup.keep));
    let made = upkeep::back_up(database, folder, keep, key.fingerprint(), Clock::System.now());
    let made = made.map_err(|why| format!("{}\n{}", why.words().0, why.words().1))?;
    println!("✓ {}  {} bytes, {} schools, {} entries", made.file, made.bytes, made.schools.len(), made.entries);
    println!("✓ 备份已核对账目。密钥文件不在其中，请另行保存（指纹 {}）。", made.key_fingerprint);
    println!("✓ Its books were verified. The key file is not in it: keep it elsewhere ({}).", made.key_fingerprint);
    Ok(ExitCode::SUCCESS)
}

fn restore(place: &Where, from: &Path, replace: bool) -> Outcome {
    let config = place.settle()?.config;
    let database = embedded(&config)?;
    let existing = if replace { Existing::MoveAside } else { Existing::Refuse };
    let done = upkeep::restore(from, database, &config.key_file, existing, Clock::System.now())?;
    if let Some(aside) = &done.aside {
        println!("旧数据库移至 the old database is now {}", aside.display());
    }
    println!("{} of {} is now {}", from.display(), done.manifest.made_at, database.display());
    Ok(tell(&done.report))
}

async fn verify(place: &Where) -> Outcome {
    let config = place.settle()?.config;
    if let Place::File(path) = &config.database
        && !path.exists()
    {
        return Err(format!("there is no database at {}", path.display()).into());
    }
    let begun = std::time::Instant::now();
    let db = Db::open(&config.database)?;
    let report = yitong::wallets::verify(&db, None).await?;
    println!(
        "checked {} schools, {} entries, {} postings, {} closed days, {} accounts in {:.1} s",
        report.schools,
        report.entries,
        report.postings,
        report.days,
        report.accounts,
        begun.elapsed().as_secs_f32()
    );
    Ok(tell(&report))
}

fn tell(report: &yitong::wallets::Report) -> ExitCode {
    for finding in &report.findings {
        println!("✗ {}\n  {}", finding.zh, finding.en);
    }
    if report.ok() {
        println!("✓ 账目完好：余额、合计、账目链与日结根哈希均与分录一致。");
        println!("✓ The books are whole: balances, totals, chains and roots all follow from the entries.");
        return ExitCode::SUCCESS;
    }
    println!("✗ {} findings: the books were altered. 账目被改动过。", report.findings.len());
    ExitCode::FAILURE
}
