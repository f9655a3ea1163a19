//! One binary, many roles: serve a school, run the demo, prove the books, keep a copy.

use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use yitong::App;
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::Config;
use yitong::plumbing::db::{Db, Place};
use yitong::plumbing::seal::Seal;

#[derive(Parser)]
#[command(name = "yitong", version, about = "The open campus pass-and-pay platform (一通)")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct Where {
    /// The folder of the database and the key file.
    #[arg(long, env = "YITONG_DATA", default_value = "data")]
    data: PathBuf,
    /// A PostgreSQL address instead of the file in the folder.
    #[arg(long, env = "DATABASE_URL")]
    database: Option<String>,
    /// The key file, kept apart from the database.
    #[arg(long, env = "YITONG_KEY_FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the API.
    Serve {
        #[command(flatten)]
        place: Where,
        #[arg(long, env = "YITONG_LISTEN", default_value = "127.0.0.1:8600")]
        listen: SocketAddr,
        /// Cookies travel only over https: say so when a proxy with a certificate stands in front.
        #[arg(long, env = "YITONG_SECURE_COOKIES")]
        secure_cookies: bool,
    },
    /// Serve a demo school of real size; prints addresses, sign-ins and what to try.
    Demo {
        /// Where the demo keeps its data; made anew unless --keep is given.
        #[arg(long, default_value = "data/demo")]
        data: PathBuf,
        #[arg(long, default_value = "127.0.0.1:8600")]
        listen: SocketAddr,
        /// Go on with the demo school of the last time.
        #[arg(long)]
        keep: bool,
        /// Pupils of the demo school.
        #[arg(long, default_value_t = 1500)]
        pupils: usize,
        /// Days of history.
        #[arg(long, default_value_t = 30)]
        days: i64,
    },
    /// Compute every balance, total and root again from the entries alone. Ends with 1 when anything differs.
    Verify {
        #[command(flatten)]
        place: Where,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Measure the purchase path and print a table.
    Bench {
        /// Purchases of history to begin with.
        #[arg(long, default_value_t = 100_000)]
        history: usize,
        /// Seconds of each measurement.
        #[arg(long, default_value_t = 4)]
        seconds: u64,
    },
}

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

fn config(place: Where, listen: SocketAddr, secure_cookies: bool) -> Config {
    let mut config = Config::in_folder(place.data);
    if let Some(url) = place.database {
        config.database = Place::Postgres(url);
    }
    if let Some(key_file) = place.key_file {
        config.key_file = key_file;
    }
    Config { listen, secure_cookies, ..config }
}

fn open(config: Config) -> Result<App, Box<dyn std::error::Error>> {
    let seal = Seal::from_file(&config.key_file)?;
    let db = Db::open(&config.database)?;
    Ok(App::new(config, db, Clock::System, seal))
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Serve { place, listen, secure_cookies } => {
            yitong::plumbing::logs::start();
            let app = open(config(place, listen, secure_cookies))?;
            yitong::upkeep::start(&app);
            println!("Yitong listens on http://{listen}/admin/");
            yitong::plumbing::http::serve::until_signal(app.clone(), yitong::routes::router(app)).await?;
        }
        Command::Demo { data, listen, keep, pupils, days } => {
            yitong::plumbing::logs::start();
            let config = Config { listen, ..Config::in_folder(data) };
            yitong::demo::run(config, keep, yitong::demo::Size { pupils, days }).await?;
        }
        Command::Verify { place } => return verify(place).await,
        Command::Bench { history, seconds } => yitong::bench::run(history, seconds).await?,
        Command::Openapi => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(place: Where) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let config = config(place, SocketAddr::from(([127, 0, 0, 1], 0)), false);
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
    for finding in &report.findings {
        println!("✗ {}\n  {}", finding.zh, finding.en);
    }
    if report.ok() {
        println!("✓ 账目完好：余额、合计、账目链与日结根哈希均与分录一致。");
        println!("✓ The books are whole: balances, totals, chains and roots all follow from the entries.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("✗ {} findings: the books were altered. 账目被改动过。", report.findings.len());
    Ok(ExitCode::FAILURE)
}
