//! Measures the purchase path in one run, beside the raw rate of the same disk.

pub mod call_backs;
mod hands;
mod http;
pub mod journals;
pub mod terminal;

use crate::App;
use crate::demo::{self, Dice, Size, id_at};
use crate::plumbing::clock::Clock;
use crate::plumbing::config::Config;
use crate::plumbing::db::{Db, Place};
use crate::plumbing::seal::Seal;
use crate::purchases::{Ask, Basis, Lanes, LanesConfig, Outcome, Payer};
use crate::topups::{TopupAsk, top_up};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use yitong_purchase::{Counter, Open, PricedLine};
use yitong_rules::Mode;
use yitong_values::{Cents, EntryId, PersonId};

type Failure = Box<dyn std::error::Error>;

const PEOPLE: usize = 5_000;
const FSYNC_TRIES: usize = 400;
/// Counters of a large canteen at once, each waiting for its answer.
const HTTP_CALLERS: usize = 64;

pub async fn run(history: usize, seconds: u64) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("yitong-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder, history, Duration::from_secs(seconds)).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

/// Where a PostgreSQL of the bench is, when there is one. Its database must be empty.
const POSTGRES: &str = "YITONG_TEST_POSTGRES";

async fn measure(folder: &std::path::Path, history: usize, window: Duration) -> Result<(), Failure> {
    let fsync = fsync_times(folder)?;
    println!("| what | callers | rate/s | p50 ms | p99 ms |\n|---|---|---|---|---|");
    let rate = 1_000_000 / fsync[FSYNC_TRIES / 2].max(1);
    println!(
        "| raw append + fsync, 4 KiB | 1 | {rate} | {} | {} |",
        ms(fsync[FSYNC_TRIES / 2]),
        ms(fsync[FSYNC_TRIES * 99 / 100])
    );
    let config = Config::in_folder(folder.to_owned());
    let embedded = Measured { engine: "embedded", history, window };
    embedded.measure(config.clone()).await?;
    if let Ok(url) = std::env::var(POSTGRES) {
        let postgres = Measured { engine: "PostgreSQL", history, window };
        postgres.measure(Config { database: Place::Postgres(url), ..config }).await?;
    }
    println!("| resident memory | | {} MiB | | |", resident_mib());
    Ok(())
}

/// One engine under measurement.
struct Measured {
    engine: &'static str,
    history: usize,
    window: Duration,
}

impl Measured {
    async fn measure(&self, config: Config) -> Result<(), Failure> {
        let db = Db::open(&config.database)?;
        if !db.read(crate::wallets::schools_with_books).await?.is_empty() {
            return Err("the database of the bench is not empty".into());
        }
        let app = App::new(config, db, Clock::System, Seal::from_key(&[1; 32]));
        demo::make(&app, Size { pupils: PEOPLE, days: 0 }).await?;
        let bench = Arc::new(Bench::prepare(&app).await?);
        let grouped = LanesConfig::of(&app.db);
        bench.fill(&Arc::new(Lanes::start(&app.db, grouped)), self.history).await?;
        if app.db.writers() > 1 {
            let one_each = LanesConfig { lanes: app.db.writers(), batch_max: 1, in_flight: 1, ..grouped };
            self.rounds(&app, &bench, "one transaction each", one_each, &[1, 64, 256]).await?;
        }
        self.rounds(&app, &bench, "grouped", grouped, &[1, 64, 256, 512]).await?;
        http::measure(&app, self.engine, HTTP_CALLERS, self.window).await?;
        let begun = Instant::now();
        let report = crate::wallets::verify(&app.db, None).await?;
        let rate = report.entries as f32 / begun.elapsed().as_secs_f32();
        let (engine, entries, findings) = (self.engine, report.entries, report.findings.len());
        println!("| verify, {engine}, {entries} entries, {findings} findings | 1 | {rate:.0} | | |");
        Ok(())
    }

    async fn rounds(
        &self,
        app: &App,
        bench: &Arc<Bench>,
        how: &str,
        config: LanesConfig,
        callers: &[usize],
    ) -> Result<(), Failure> {
        let lanes = Arc::new(Lanes::start(&app.db, config));
        let what = format!("purchase, {}, durable, {how}, lanes {}", self.engine, config.lanes);
        for callers in callers {
            bench.round(&what, &lanes, *callers, self.window).await?;
        }
        Ok(())
    }
}

fn ms(micros: u64) -> String {
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

/// What the disk itself takes, sorted, in microseconds.
fn fsync_times(folder: &std::path::Path) -> std::io::Result<Vec<u64>> {
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let mut times = Vec::with_capacity(FSYNC_TRIES);
    for _ in 0..FSYNC_TRIES {
        let begun = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_micros() as u64);
    }
    times.sort_unstable();
    Ok(times)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Dice of one caller: those of neighbours must not fall alike, or they queue for the same pupils.
fn dice_of(caller: u64) -> Dice {
    Dice::new((caller + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// What every purchase of the bench has in common.
struct Bench {
    people: Vec<PersonId>,
    template: Ask,
}

impl Bench {
    async fn prepare(app: &App) -> Result<Bench, Failure> {
        let (schools, now) = (app.db.read(crate::wallets::schools_with_books).await?, app.now());
        let school = *schools.first().ok_or("the bench has a school")?;
        let facts = app.schools.get(&app.db, school).await?.ok_or("the bench has facts")?;
        let mut policy = (*app.policies.get(&app.db, school).await?).clone();
        policy.school.duplicate_window_s = 0;
        policy.school.codes.copy_window_s = 0;
        policy.school.codes.copy_near_window_s = 0;
        let people = app.db.read(move |tx| crate::wallets::everyone(tx, school)).await?;
        for slice in people.chunks(500) {
            let slice = slice.to_vec();
            let fill = move |tx: &mut crate::plumbing::db::Tx<'_>| {
                for person in &slice {
                    let (id, amount, note) = (EntryId::new(id_at(now)), Cents::new(50_000), String::new());
                    let cashier = yitong_values::UserId::new(id_at(now));
                    top_up(tx, &TopupAsk { school, id, person: *person, amount, note, cashier, now })?;
                }
                Ok(())
            };
            app.db.write_locking("bench money", fill).await?;
        }
        let stall = facts.stalls.values().next().ok_or("the bench has a stall")?.clone();
        let line = PricedLine { category: "主食".into(), allergens: vec![], price: Cents::new(1), count: 1 };
        let place = Counter { stall: stall.id, canteen: stall.canteen, modes: &stall.modes, fixed_price: None };
        let open = Open::new(&place, Mode::Dish, &[line], None, now).map_err(|why| format!("{why:?}"))?;
        let item = format!("{{\"d\":\"{school}\",\"r\":\"{school}\",\"n\":\"红烧肉\",\"c\":1,\"p\":1}}");
        let template = Ask {
            school,
            id: EntryId::new(id_at(now)),
            stall: stall.id,
            payer: Payer::Person(people[0]),
            mode: Mode::Dish,
            open,
            items: format!("[{item}]"),
            collect_later: false,
            duplicate_confirmed: true,
            photo_checked: true,
            use_order: None,
            cashier: yitong_values::UserId::new(id_at(now)),
            now,
            digest: [0; 16],
            basis: Basis { facts, policy: Arc::new(policy), menu: app.menu.get(&app.db, school).await? },
        };
        Ok(Bench { people, template })
    }

    fn ask(&self, dice: &mut Dice) -> Ask {
        let now = Clock::System.now();
        let payer = Payer::Person(*dice.pick(&self.people));
        Ask { id: EntryId::new(id_at(now)), payer, now, ..self.template.clone() }
    }

    async fn fill(self: &Arc<Self>, lanes: &Arc<Lanes>, purchases: usize) -> Result<(), Failure> {
        let each = purchases / 128;
        let fillers = (0..128).map(|i| {
            let (bench, lanes) = (Arc::clone(self), Arc::clone(lanes));
            tokio::spawn(async move {
                let mut dice = dice_of(i);
                for _ in 0..each {
                    lanes.book(bench.ask(&mut dice)).await?;
                }
                Ok::<(), crate::plumbing::db::DbError>(())
            })
        });
        for filler in fillers.collect::<Vec<_>>() {
            filler.await??;
        }
        Ok(())
    }

    async fn round(
        self: &Arc<Self>,
        what: &str,
        lanes: &Arc<Lanes>,
        callers: usize,
        window: Duration,
    ) -> Result<(), Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let mut working = Vec::new();
        for i in 0..callers {
            let (bench, lanes, stop) = (Arc::clone(self), Arc::clone(lanes), Arc::clone(&stop));
            working.push(tokio::spawn(async move {
                let mut dice = dice_of(0x9_0000 + i as u64);
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    match lanes.book(bench.ask(&mut dice)).await {
                        Ok(Outcome::Paid { .. }) => times.push(asked.elapsed().as_micros() as u64),
                        other => return Err(format!("a purchase of the bench was not paid: {other:?}")),
                    }
                }
                Ok(times)
            }));
        }
        tokio::time::sleep(window).await;
        stop.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for caller in working {
            times.extend(caller.await??);
        }
        let rate = times.len() as f32 / begun.elapsed().as_secs_f32();
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0);
        println!("| {what} | {callers} | {rate:.0} | {} | {} |", ms(at(50)), ms(at(99)));
        Ok(())
    }
}
