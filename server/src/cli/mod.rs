//! The command line: what can be asked for, and how flags become settings.

pub mod check;
pub mod legacy;

use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use yitong::plumbing::config::{ConfigError, Settled, settle};

#[derive(Parser)]
#[command(name = "yitong", version, about = "The open campus pass-and-pay platform (一通)")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// Settings as flags; what is not said here comes from the environment, then from the file.
#[derive(clap::Args)]
pub struct Where {
    /// The settings file [env: YITONG_CONFIG] [default: yitong.toml when it is there]
    #[arg(long)]
    config: Option<PathBuf>,
    /// The folder of the database and the key file [env: YITONG_DATA] [default: data]
    #[arg(long)]
    data: Option<String>,
    /// A PostgreSQL address instead of the file in the folder [env: DATABASE_URL]
    #[arg(long)]
    database: Option<String>,
    /// The key file, kept apart from the database [env: YITONG_KEY_FILE]
    #[arg(long)]
    key_file: Option<String>,
    /// Where to listen [env: YITONG_LISTEN] [default: 127.0.0.1:8600]
    #[arg(long)]
    listen: Option<String>,
    /// Cookies travel only over https [env: YITONG_SECURE_COOKIES]
    #[arg(long)]
    secure_cookies: bool,
    /// Any other setting, such as --set backup.keep=30
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

const FILE_DEFAULT: &str = "yitong.toml";

impl Where {
    pub fn settle(&self) -> Result<Settled, ConfigError> {
        let look = |name: &str| std::env::var(name).ok();
        let named = self.config.clone().or_else(|| look("YITONG_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| FILE_DEFAULT.into());
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(why) if named.is_none() && why.kind() == std::io::ErrorKind::NotFound => None,
            Err(why) => {
                let path = path.display();
                return Err(ConfigError {
                    zh: format!("无法读取配置文件 {path}（{why}）。"),
                    en: format!("The settings file {path} can't be read ({why})."),
                });
            }
        };
        settle(text.as_deref().map(|text| (path.as_path(), text)), look, &self.flags()?)
    }

    fn flags(&self) -> Result<Vec<(&str, String, String)>, ConfigError> {
        let said = [
            ("data", "--data", self.data.clone()),
            ("database", "--database", self.database.clone()),
            ("key_file", "--key-file", self.key_file.clone()),
            ("listen", "--listen", self.listen.clone()),
            ("secure_cookies", "--secure-cookies", self.secure_cookies.then(|| "true".to_owned())),
        ];
        let mut flags: Vec<_> =
            said.into_iter().filter_map(|(key, flag, text)| Some((key, flag.to_owned(), text?))).collect();
        for set in &self.set {
            let (key, text) = set.split_once('=').ok_or_else(|| ConfigError {
                zh: format!("--set {set}：应写作 --set 设置=值。"),
                en: format!("--set {set}: it is written --set KEY=VALUE."),
            })?;
            flags.push((key.trim(), format!("--set {}", key.trim()), text.to_owned()));
        }
        Ok(flags)
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the pages and the API.
    Serve {
        #[command(flatten)]
        place: Where,
    },
    /// Payment and message channels that are none: the same wire protocols on loopback, a cashier page, faults on
    /// demand.
    Sandbox {
        /// Where it keeps its keys and writes the settings of its channel accounts.
        #[arg(long, default_value = "data/sandbox")]
        data: PathBuf,
        #[arg(long, default_value = "127.0.0.1:8650")]
        listen: SocketAddr,
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
    /// Copy the embedded database while the server runs, and prove the copy.
    Backup {
        #[command(flatten)]
        place: Where,
        /// Where the copies are kept [default: the setting backup.folder]
        #[arg(long)]
        to: Option<PathBuf>,
        /// How many of the newest stay [default: the setting backup.keep]
        #[arg(long)]
        keep: Option<u32>,
    },
    /// Put a copy back, when its key file is there and no server runs.
    Restore {
        #[command(flatten)]
        place: Where,
        /// The copy, with its manifest beside it.
        #[arg(long)]
        from: PathBuf,
        /// Move a database that is there already aside.
        #[arg(long)]
        replace: bool,
    },
    /// Copy the embedded database into an empty PostgreSQL, and prove that the books are the same. Stop the server
    /// first.
    CopyTo {
        #[command(flatten)]
        place: Where,
        /// postgres://user@host/database
        target: String,
    },
    /// Look at the settings.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Campus codes: taking over cards that another system printed.
    Code {
        #[command(subcommand)]
        command: CodeCommand,
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
    /// Measure call-backs of payment channels, verified and booked, with the sandbox as their source.
    BenchPayments {
        #[arg(long, default_value_t = 4_000)]
        orders: usize,
    },
    /// Measure an agent of a counter beside this server: scan to decision, full pull, changes, memory.
    BenchTerminal {
        /// The program of the agent.
        #[arg(long, default_value = "target/release/yitong-terminal")]
        agent: PathBuf,
        #[arg(long, default_value_t = 50_000)]
        people: usize,
        /// Sales with the server, and as many without.
        #[arg(long, default_value_t = 300)]
        sales: usize,
    },
    /// Measure how fast journals of terminals are taken, and recount them.
    BenchJournal {
        #[arg(long, default_value_t = 200)]
        terminals: usize,
        /// Offline sales of each.
        #[arg(long, default_value_t = 500)]
        records: usize,
    },
}

#[derive(Subcommand)]
pub enum CodeCommand {
    /// Take over another system's printed cards from its list. Shows what would be done; --apply does it.
    ImportLegacy {
        #[command(flatten)]
        place: Where,
        /// The number of the school, as the operator gave it.
        #[arg(long)]
        school: String,
        /// How the other system makes its codes, as in code/legacy/LEGACY.md: "12345 crc16-xmodem hex-check yyyymmdd plain"
        #[arg(long)]
        profile: String,
        /// The other system's private key (PEM). Without it the list has to name the student of each code.
        #[arg(long)]
        key: Option<PathBuf>,
        /// The last day of cards whose text does not say it, like 2029-08-31.
        #[arg(long)]
        last_day: Option<String>,
        /// Write it.
        #[arg(long)]
        apply: bool,
        /// A CSV file: one code a line, or text and student number.
        list: PathBuf,
    },
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Show each setting with where it came from, and try whether the server could start with them.
    Check {
        #[command(flatten)]
        place: Where,
    },
    /// Print a settings file with every default.
    Example,
}
