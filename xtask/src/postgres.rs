//! A PostgreSQL of our own for tests and measurements: in a temporary folder, on a free port of loopback, durable as in
//! service, and gone afterwards, also when this program is killed.

use crate::tools::{am_root, ask, find};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Where the tests and the benchmark read the address.
pub const ADDRESS: &str = "YITONG_TEST_POSTGRES";
const START_LIMIT: Duration = Duration::from_secs(60);
/// PostgreSQL refuses to run as root; Debian's package brings this user.
const SERVANT: &str = "postgres";

/// Makes the cluster, runs it, and waits for the end of our input: however we end, the pipe closes, and the database
/// stops and leaves nothing behind. A signal from the keyboard ends `cat` only, so the tidying is still done.
const SCRIPT: &str = r#"
set -eu
trap : INT TERM HUP
"$1/initdb" --pgdata="$2/data" --username=yitong --auth=trust --encoding=UTF8 --locale=C >"$2/log" 2>&1
"$1/postgres" -D "$2/data" -c listen_addresses=127.0.0.1 -c port="$3" -c unix_socket_directories="$2" \
    -c max_connections=200 -c log_connections=on -c fsync=on -c synchronous_commit=on >>"$2/log" 2>&1 &
cat >/dev/null || true
kill -INT $! 2>/dev/null || true
wait $! || true
rm -rf "$2"
"#;

/// Stops when it is dropped.
pub struct Private {
    keeper: Child,
    address: String,
    socket: String,
    log: PathBuf,
}

impl Private {
    pub fn start() -> Result<Private, String> {
        let programs = programs().ok_or("PostgreSQL is not installed (Debian: apt-get install -y postgresql)")?;
        let folder = std::env::temp_dir().join(format!("yitong-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        // Bound and let go: the port is free for the moment that the database needs to take it.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = port.map_err(|why| format!("loopback has no free port: {why}"))?.port();
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "postgres-keeper"]).args([&programs, &folder]).arg(port.to_string());
        if am_root() {
            hand_over(&mut command, &folder)?;
        }
        let keeper = command.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let keeper = keeper.map_err(|why| format!("sh can't be started: {why}"))?;
        let address = format!("postgres://yitong@127.0.0.1:{port}/postgres");
        let socket = format!("postgres://yitong@/postgres?host={}&port={port}", folder.display());
        let mut engine = Private { keeper, address, socket, log: folder.join("log") };
        engine.wait_until_ready(&programs, port, &folder)?;
        Ok(engine)
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The same by its socket in the file system: how a server on the same machine is best reached.
    pub fn socket(&self) -> &str {
        &self.socket
    }

    /// How often somebody has connected: tests that never did have proved nothing about this engine.
    pub fn connections(&self) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.matches("connection authorized").count()
    }

    fn wait_until_ready(&mut self, programs: &Path, port: u16, folder: &Path) -> Result<(), String> {
        let ready = programs.join("pg_isready").display().to_string();
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            let listening = TcpStream::connect(("127.0.0.1", port)).is_ok();
            if listening && ask(&ready, &["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).is_some() {
                return Ok(());
            }
            if self.keeper.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        let _ = std::fs::remove_dir_all(folder);
        Err(format!("the private PostgreSQL did not start:\n{log}"))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Closing the pipe is the sign to stop; the keeper then removes the folder.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The folder of the server's programs, the newest one where there are several.
pub fn programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|p| folder.join(p).is_file());
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, folder)| folder);
    let asked = || ask("pg_config", &["--bindir"]).map(PathBuf::from).filter(complete);
    let on_path = || find("initdb").and_then(|file| file.parent().map(Path::to_owned)).filter(complete);
    newest.or_else(asked).or_else(on_path)
}

#[cfg(unix)]
fn hand_over(command: &mut Command, folder: &Path) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    let number = |flag| ask("id", &[flag, SERVANT]).and_then(|text| text.parse::<u32>().ok());
    let (Some(user), Some(group)) = (number("-u"), number("-g")) else {
        return Err(format!("PostgreSQL does not run as root, and there is no user {SERVANT}"));
    };
    std::os::unix::fs::chown(folder, Some(user), Some(group)).map_err(|why| format!("{}: {why}", folder.display()))?;
    command.uid(user).gid(group);
    Ok(())
}

#[cfg(not(unix))]
fn hand_over(_: &mut Command, _: &Path) -> Result<(), String> {
    Ok(())
}
