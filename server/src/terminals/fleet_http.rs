//! The fleet as the office sees it: the list, and one terminal with its machines.

use super::fleet::{Device, Profile, Standing, Terminal};
use super::store;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Money, Page, PageAsk, Params, Path, Problem};
use crate::schools::{Facts, facts_of, stall_scope};
use crate::signin::{Allowed, Scope, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{TerminalId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Terminal)]
pub(super) struct TerminalWire {
    id: Uuid,
    name: String,
    stall: TerminalPlace,
    canteen: TerminalPlace,
    /// The way of selling that it starts in: dish, amount, fixed, count, weigh or roster.
    mode: String,
    /// 1 or 2
    screens: u8,
    profile: TerminalProfile,
    /// new (no machine yet), online, silent or revoked
    standing: String,
    made_at: String,
    enrolled_at: Option<String>,
    revoked_at: Option<String>,
    seen_at: Option<String>,
    report: Option<TerminalReport>,
}

/// What somebody has to know of the machine to clean, move or replace it.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TerminalProfile {
    /// top, left, right, adhesive or stand
    mount: Option<String>,
    /// water, oil, fire, insects
    #[serde(default)]
    proofs: Vec<String>,
    /// Up to 200 characters.
    #[serde(default)]
    note: String,
}

impl From<Profile> for TerminalProfile {
    fn from(of: Profile) -> TerminalProfile {
        TerminalProfile { mount: of.mount, proofs: of.proofs, note: of.note }
    }
}

impl TerminalProfile {
    pub(super) fn read(&self) -> Profile {
        let TerminalProfile { mount, proofs, note } = self.clone();
        Profile { mount, proofs, note: note.trim().to_owned() }
    }
}

#[derive(Clone, Serialize, ToSchema)]
pub(super) struct TerminalPlace {
    id: Uuid,
    name: String,
}

/// What the terminal said of itself last.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct TerminalReport {
    at: String,
    app_version: String,
    /// Records that it had not sent then.
    unsent: u32,
    oldest_unsent_at: Option<String>,
    lease_left: Money,
    disk_free_bytes: u64,
    journal_bytes: u64,
    clock_drift_ms: i64,
    battery_percent: Option<u8>,
    temperature_c: Option<i16>,
    uptime_s: u64,
    devices: Vec<TerminalPart>,
}

#[derive(Clone, Serialize, ToSchema)]
pub(super) struct TerminalPart {
    /// scanner, nfc, printer, drawer, scale, light, keypad, camera or customer_screen
    kind: String,
    name: String,
    /// ready, absent or trouble
    state: String,
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

pub(super) fn wire(of: Terminal, facts: &Facts, now: Timestamp) -> TerminalWire {
    let standing = of.standing(now).word().to_owned();
    let (stall, canteen) = match facts.stall(of.stall) {
        Some((stall, canteen)) => {
            (stall.name.clone(), TerminalPlace { id: canteen.id.uuid(), name: canteen.name.clone() })
        }
        None => (String::new(), TerminalPlace { id: Uuid::nil(), name: String::new() }),
    };
    let report = of.report.map(|kept| TerminalReport {
        at: Timestamp::from_ms(kept.at).to_string(),
        app_version: kept.said.version,
        unsent: kept.said.unsent,
        oldest_unsent_at: text(kept.said.oldest_unsent),
        lease_left: kept.said.lease_left.into(),
        disk_free_bytes: kept.said.disk_free_bytes,
        journal_bytes: kept.said.journal_bytes,
        clock_drift_ms: kept.said.clock_drift_ms,
        battery_percent: kept.said.battery_percent,
        temperature_c: kept.said.temperature_c,
        uptime_s: kept.said.uptime_s,
        devices: kept
            .said
            .devices
            .into_iter()
            .map(|part| TerminalPart { kind: part.kind, name: part.name, state: part.state })
            .collect(),
    });
    TerminalWire {
        id: of.id.uuid(),
        name: of.name,
        stall: TerminalPlace { id: of.stall.uuid(), name: stall },
        canteen,
        mode: of.mode,
        screens: of.screens,
        profile: of.profile.into(),
        standing,
        made_at: of.made_at.to_string(),
        enrolled_at: text(of.enrolled_at),
        revoked_at: text(of.revoked_at),
        seen_at: text(of.seen_at),
        report,
    }
}

/// Whether these grants reach the till where it stands.
pub(super) fn reaches(scopes: &[Scope], facts: &Facts, of: &Terminal) -> bool {
    scopes.iter().any(|scope| scope.whole_school()) || stall_scope(scopes, facts, of.stall)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TerminalsAsk {
    /// A part of the name.
    q: Option<String>,
    canteen: Option<Uuid>,
    /// new, online, silent or revoked; left out: all but those that are revoked.
    standing: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Terminals {
    items: Vec<TerminalWire>,
    next: Option<String>,
    counts: TerminalCounts,
}

/// Of all that this user may see, whatever the filter.
#[derive(Default, Serialize, ToSchema)]
struct TerminalCounts {
    new: u32,
    online: u32,
    silent: u32,
    revoked: u32,
}

fn asked(ask: &TerminalsAsk, of: &Terminal, facts: &Facts, now: Timestamp) -> bool {
    let q = ask.q.as_deref().unwrap_or_default().trim().to_lowercase();
    let standing = of.standing(now);
    let wanted = match ask.standing.as_deref() {
        None | Some("") => standing != Standing::Revoked,
        Some(word) => word == standing.word(),
    };
    let canteen = facts.stall(of.stall).map(|(_, canteen)| canteen.id.uuid());
    wanted && (q.is_empty() || of.name.to_lowercase().contains(&q)) && ask.canteen.is_none_or(|id| Some(id) == canteen)
}

/// The terminals of the school, by name.
#[utoipa::path(get, path = "/schools/{school}/terminals", tag = "terminals",
    params(("school" = Uuid, Path), TerminalsAsk), responses((status = 200, body = Terminals)),
    security(("session" = ["terminals.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::TerminalsRead>,
    Params(ask): Params<TerminalsAsk>,
) -> Result<Json<Terminals>, Problem> {
    let (school, now, scopes) = (who.school, app.now(), who.scopes());
    let facts = facts_of(&app, school).await?;
    let mut all = app.db.read(move |tx| store::all(tx, school)).await?;
    all.retain(|of| reaches(&scopes, &facts, of));
    // As cursors compare: databases sort Chinese names each in its own way.
    all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    let mut counts = TerminalCounts::default();
    for of in &all {
        let count = match of.standing(now) {
            Standing::New => &mut counts.new,
            Standing::Online => &mut counts.online,
            Standing::Silent => &mut counts.silent,
            Standing::Revoked => &mut counts.revoked,
        };
        *count += 1;
    }
    let rows = PageAsk { limit: ask.limit, cursor: None }.rows();
    let after = |of: &Terminal| format!("{}.{}", of.id, of.name);
    let found = all.into_iter().filter(|of| asked(&ask, of, &facts, now));
    let passed = found.filter(|of| match ask.cursor.as_deref().and_then(|cursor| cursor.split_once('.')) {
        Some((id, name)) => (of.name.as_str(), of.id.to_string().as_str()) > (name, id),
        None => true,
    });
    let limit = usize::try_from(rows + 1).unwrap_or(1);
    let page = Page::cut(passed.take(limit).collect(), rows, after).map(|of| wire(of, &facts, now));
    Ok(Json(Terminals { items: page.items, next: page.next, counts }))
}

#[derive(Deserialize)]
pub(super) struct TerminalPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    pub(super) id: Uuid,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TerminalDetail {
    terminal: TerminalWire,
    /// The machines that stood here, newest first.
    machines: Vec<Machine>,
}

#[derive(Serialize, ToSchema)]
struct Machine {
    /// Also the number of its journal.
    journal: u32,
    hardware: String,
    app_version: String,
    enrolled_at: String,
    replaced_at: Option<String>,
    /// The last record of its journal that is booked.
    taken: u64,
    /// The beginning of that record's hash: whoever wrote it down can prove that the journal is the same.
    head: String,
    /// fork, stranger, signature or gap: its journal is not taken until somebody has looked.
    trouble: Option<String>,
    /// The beginning of its public key.
    key: String,
}

fn machine(of: Device) -> Machine {
    Machine {
        journal: of.journal,
        hardware: of.hardware,
        app_version: of.app_version,
        enrolled_at: of.enrolled_at.to_string(),
        replaced_at: text(of.replaced_at),
        taken: of.head.seq,
        head: String::from(of.head.hash)[..16].to_owned(),
        trouble: of.trouble,
        key: String::from(of.key)[..12].to_owned(),
    }
}

pub(super) async fn detail(
    app: &App,
    who: (yitong_values::SchoolId, Vec<Scope>),
    id: TerminalId,
) -> Result<TerminalDetail, Problem> {
    let (school, scopes) = who;
    let facts = facts_of(app, school).await?;
    let read = move |tx: &mut Tx<'_>| Ok((store::find(tx, school, id)?, store::devices(tx, school, id)?));
    let (found, machines) = app.db.read(read).await?;
    let found = found.filter(|of| reaches(&scopes, &facts, of)).ok_or_else(Problem::absent)?;
    let terminal = wire(found, &facts, app.now());
    Ok(TerminalDetail { terminal, machines: machines.into_iter().map(machine).collect() })
}

/// One terminal, with the machines that stood there.
#[utoipa::path(get, path = "/schools/{school}/terminals/{id}", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = TerminalDetail), (status = 404)), security(("session" = ["terminals.read"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::TerminalsRead>,
    Path(path): Path<TerminalPath>,
) -> Result<Json<TerminalDetail>, Problem> {
    detail(&app, (who.school, who.scopes()), TerminalId::new(path.id)).await.map(Json)
}
