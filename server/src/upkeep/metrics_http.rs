//! `/metrics` for Prometheus, on an address of its own. Numbers only: no name, no number of anybody.

use crate::App;
use crate::plumbing::db::Place;
use crate::plumbing::machine;
use crate::plumbing::measure::Histogram;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use std::fmt::Write;
use std::net::SocketAddr;

/// Serves until the server stops. A second server on the machine goes on without.
pub(super) async fn serve(app: App, listen: SocketAddr) {
    let listener = match tokio::net::TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, %listen, "/metrics is not served; set metrics.listen to another address, or off");
            return;
        }
    };
    let stopping = app.stopping().wait();
    let router = axum::Router::new().route("/metrics", axum::routing::get(metrics)).with_state(app);
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopping).await {
        tracing::warn!(%error, "/metrics ended");
    }
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&app))
}

/// The text format: a name with its kind, then its values.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        self.value(name, "", value);
    }

    /// `shown` turns a kept number into the unit of the name.
    fn histogram<const N: usize>(&mut self, name: &str, labels: &str, of: &Histogram<N>, shown: fn(u64) -> String) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (bound, count) in of.steps() {
            self.value(&format!("{name}_bucket"), &format!("{labels}{comma}le=\"{}\"", shown(bound)), count);
        }
        self.value(&format!("{name}_bucket"), &format!("{labels}{comma}le=\"+Inf\""), of.count());
        self.value(&format!("{name}_sum"), labels, shown(of.sum()));
        self.value(&format!("{name}_count"), labels, of.count());
    }
}

/// Microseconds as seconds.
fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

fn text(app: &App) -> String {
    let mut out = Text(String::new());
    requests(app, &mut out);
    database(app, &mut out);
    out.family("yitong_purchases_total", "counter", "Purchases by outcome, since the start.");
    for (outcome, count) in app.live.counts() {
        out.value("yitong_purchases_total", &format!("outcome=\"{outcome}\""), count);
    }
    messages(app, &mut out);
    out.single("yitong_event_streams", "gauge", "Pages that listen to live sales.", app.live.listeners());
    if let Some(bytes) = machine::resident_bytes() {
        out.single("process_resident_memory_bytes", "gauge", "Memory of this process.", bytes);
    }
    let up = app.now().since(app.upkeep.started).max(0);
    out.single("yitong_uptime_seconds", "gauge", "Since the start.", up / 1000);
    if let Some(copy) = super::manifest::list(&app.config.backup.folder).first() {
        let at = copy.made_at_ms / 1000;
        out.single("yitong_backup_timestamp_seconds", "gauge", "When the newest proven copy was made.", at);
    }
    out.0
}

fn messages(app: &App, out: &mut Text) {
    let seen = app.notices.seen();
    out.single("yitong_notices_waiting", "gauge", "Messages that wait to be sent.", seen.waiting);
    let age_s = seen.oldest.map_or(0, |at| app.now().since(at).max(0) / 1000);
    out.single("yitong_notices_oldest_seconds", "gauge", "Age of the oldest message that waits.", age_s);
    out.family("yitong_notice_tries_total", "counter", "Tries to send a message, by channel and outcome.");
    for ((channel, outcome), count) in &seen.tries {
        out.value("yitong_notice_tries_total", &format!("channel=\"{channel}\",outcome=\"{outcome}\""), count);
    }
}

fn requests(app: &App, out: &mut Text) {
    let name = "yitong_http_requests_total";
    out.family(name, "counter", "Requests by the template of their route.");
    app.traffic.each(|method, route, counted| {
        for (status, count) in &counted.statuses {
            out.value(name, &format!("method=\"{method}\",route=\"{route}\",status=\"{status}\""), count);
        }
    });
    let name = "yitong_http_answer_seconds";
    out.family(name, "histogram", "Time until the answer began.");
    app.traffic.each(|method, route, counted| {
        out.histogram(name, &format!("method=\"{method}\",route=\"{route}\""), &counted.answer_us, seconds);
    });
    let limited = app.traffic.limited_count();
    out.single("yitong_http_limited_total", "counter", "Requests over a limit, refused at the door.", limited);
}

fn database(app: &App, out: &mut Text) {
    let stats = app.db.stats();
    out.single("yitong_write_queue_units", "gauge", "Units that wait for their commit.", stats.waiting());
    out.single("yitong_write_busy_total", "counter", "Units refused: the queue was full.", stats.refused_busy());
    out.single("yitong_commit_failed_total", "counter", "Groups that the disk did not take.", stats.failed_commits());
    out.family("yitong_commit_seconds", "histogram", "Time of a commit with its sync.");
    out.histogram("yitong_commit_seconds", "", &stats.commit_us, seconds);
    out.family("yitong_commit_units", "histogram", "Units that shared one commit.");
    out.histogram("yitong_commit_units", "", &stats.group_units, |units| units.to_string());
    if let Place::File(path) = &app.config.database
        && let Ok(file) = std::fs::metadata(path)
    {
        out.single("yitong_database_bytes", "gauge", "Size of the database file.", file.len());
    }
    if let Some(space) = machine::space(&app.config.data) {
        out.single("yitong_disk_free_bytes", "gauge", "Free space of the disk under the data.", space.free);
    }
}
