//! `yitong-terminal`: the agent of a counter, and a few commands around it.

use axum::serve::ListenerExt as _;
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use yitong_journal::{Folder, Journal};
use yitong_terminal::agent::shell::{Msg, Shell, hardware};
use yitong_terminal::home::{Home, Identity};
use yitong_terminal::link::{Ticket, enrol};
use yitong_terminal::local_api::{Local, document, router};
use yitong_terminal::log::Kept;
use yitong_terminal::relay::Meeting;

/// Systemd starts an agent again that ends with this.
const RESTART: u8 = 75;

#[derive(Parser)]
#[command(version, about = "The agent of a counter: sells with or without a network.")]
struct Args {
    /// Where the agent keeps its keys, its journal and its mirror.
    #[arg(long, env = "YITONG_TERMINAL_DATA", default_value = "terminal-data", global = true)]
    data: PathBuf,
    /// Where the school's server is, for enrolment codes that are typed.
    #[arg(long, env = "YITONG_SERVER", global = true)]
    server: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the two screens, and sell.
    Run {
        #[arg(long, default_value = "127.0.0.1:8650")]
        listen: SocketAddr,
        /// Where terminals of one canteen tell each other what they sold while the server is silent: a multicast group
        /// (239.77.0.1:8655) or 255.255.255.255 with a port. Without it this terminal is alone.
        #[arg(long, env = "YITONG_RELAY")]
        relay: Option<SocketAddrV4>,
        /// The address of the interface for it, where there are more than one.
        #[arg(long, env = "YITONG_RELAY_INTERFACE", requires = "relay")]
        relay_interface: Option<Ipv4Addr>,
    },
    /// Enrol with a code from the office page.
    Enrol { code: String },
    /// Write the whole journal into a file, for a stick.
    ExportJournal { file: PathBuf },
    /// Check an exported journal: chain, signatures, end. Needs this device's folder for its key.
    VerifyJournal { file: PathBuf },
    /// What this folder holds.
    Status,
    /// The OpenAPI document of the screens' side.
    #[command(hide = true)]
    Document,
}

type Failed = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = std::env::var("YITONG_LOG").unwrap_or_else(|_| "info".into());
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Kept::default).with_ansi(false).try_init();
    match command(&args) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("yitong-terminal: {}", chain(why.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn chain(why: &dyn std::error::Error) -> String {
    let mut text = why.to_string();
    let mut cause = why.source();
    while let Some(why) = cause {
        text = format!("{text}: {why}");
        cause = why.source();
    }
    text
}

fn command(args: &Args) -> Result<ExitCode, Failed> {
    match &args.command {
        Command::Run { listen, relay, relay_interface } => {
            let meeting = relay.map(|to| Meeting::new(to, *relay_interface)).transpose()?;
            run(args, *listen, meeting)
        }
        Command::Enrol { code } => enrol_by(args, code),
        Command::ExportJournal { file } => export(&args.data, file),
        Command::VerifyJournal { file } => verify(&args.data, file),
        Command::Status => status(&args.data),
        Command::Document => {
            print!("{}", document());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run(args: &Args, listen: SocketAddr, meeting: Option<Meeting>) -> Result<ExitCode, Failed> {
    if !listen.ip().is_loopback() {
        return Err("the screens are served on loopback only: --listen 127.0.0.1:PORT".into());
    }
    let home = Home::open(&args.data)?;
    let _lock = home.lock()?;
    let token = home.screen_token()?;
    let socket = TcpListener::bind(listen)?;
    socket.set_nonblocking(true)?;
    let port = socket.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (to, from) = channel();
    let (agent, pictures) = Shell::open(home, args.server.clone(), meeting, runtime.handle().clone(), to.clone())?;
    let hosts: Vec<_> = ["127.0.0.1", "localhost", "[::1]"].iter().map(|host| format!("{host}:{port}")).collect();
    let local =
        Local { to: to.clone(), pictures, token: token.clone().into(), customers: Arc::default(), hosts: hosts.into() };
    for screen in ["operator", "customer"] {
        // Whoever started us may have stopped reading; that is no reason not to sell.
        let _ = writeln!(std::io::stdout(), "{screen}: http://127.0.0.1:{port}/{screen}/?token={token}");
    }
    runtime.spawn(async move {
        let served = match tokio::net::TcpListener::from_std(socket) {
            // A picture must not wait until the page acknowledged the one before.
            Ok(socket) => axum::serve(socket.tap_io(|stream| drop(stream.set_nodelay(true))), router(local)).await,
            Err(why) => Err(why),
        };
        if let Err(why) = served {
            tracing::error!(error = %why, "the screens can't be served");
        }
    });
    runtime.spawn(async move {
        stop_signal().await;
        let _ = to.send(Msg::Stop);
    });
    let again = agent.run(&from);
    // What is under way is in the journal; nobody needs to be waited for.
    runtime.shutdown_background();
    Ok(if again { ExitCode::from(RESTART) } else { ExitCode::SUCCESS })
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn enrol_by(args: &Args, code: &str) -> Result<ExitCode, Failed> {
    let home = Home::open(&args.data)?;
    let _lock = home.lock()?;
    let ticket = Ticket::read(code, args.server.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let enrolment = runtime.block_on(enrol(&ticket, home.device_key()?.public(), &hardware()))?;
    let identity = Identity::of(&ticket.server, enrolment);
    home.keep_identity(&identity)?;
    println!("terminal {}", identity.terminal);
    Ok(ExitCode::SUCCESS)
}

fn identity(home: &Home) -> Result<Identity, Failed> {
    Ok(home.identity()?.ok_or("this terminal is not enrolled")?)
}

fn journal(home: &Home) -> Result<Journal<Folder>, Failed> {
    let identity = identity(home)?;
    let folder = Folder::open(&home.journal())?;
    Ok(Journal::open(folder, identity.terminal, identity.journal, home.device_key()?, |_| {})?.journal)
}

fn export(data: &Path, file: &Path) -> Result<ExitCode, Failed> {
    let home = Home::open(data)?;
    let _lock = home.lock()?;
    let journal = journal(&home)?;
    std::fs::write(file, journal.export()?)?;
    println!("{} records", journal.head().seq);
    Ok(ExitCode::SUCCESS)
}

fn verify(data: &Path, file: &Path) -> Result<ExitCode, Failed> {
    let home = Home::open(data)?;
    let identity = identity(&home)?;
    let sealed = yitong_journal::parse(&std::fs::read_to_string(file)?);
    let key = home.device_key()?.public();
    let verified = yitong_journal::verify(&sealed, identity.terminal, identity.journal, key);
    println!("{} records, the last is {}", verified.records, verified.head.seq);
    for finding in &verified.findings {
        println!("{finding:?}");
    }
    Ok(if verified.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn status(data: &Path) -> Result<ExitCode, Failed> {
    let home = Home::open(data)?;
    let identity = identity(&home)?;
    println!("server    {}\nterminal  {}\nschool    {}", identity.server, identity.terminal, identity.school);
    // A running agent holds the lock; its journal is only read here.
    let running = home.lock().is_err();
    println!("running   {running}");
    if !running {
        let journal = journal(&home)?;
        println!("journal   {} of {} records are sent", journal.acknowledged().seq, journal.head().seq);
    }
    Ok(ExitCode::SUCCESS)
}
