//! Structured logs on standard error: JSON where a program reads them, text where a person does.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// `YITONG_LOG` chooses what is said, like `info` or `yitong=debug`.
pub fn start() {
    let filter = EnvFilter::try_from_env("YITONG_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Started twice in one process (a test) the first one stays.
    let _ = if std::io::stderr().is_terminal() { logs.try_init() } else { logs.json().try_init() };
}
