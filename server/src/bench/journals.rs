//! How fast journals are taken when a school comes back: terminals that sold for hours while nobody heard them, all at
//! once. Everything is recounted afterwards, and sent once more.

use crate::App;
use crate::demo::{self, Size};
use crate::plumbing::clock::Clock;
use crate::plumbing::config::Config;
use crate::plumbing::db::{Db, Place};
use crate::plumbing::seal::Seal;
use crate::terminals::{self, Placed};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;
use yitong_sync::{Body, DeviceKey, Head, How, PayerShown, Sale, Sealed, Stamp, Story};
use yitong_values::{CanteenId, Cents, EntryId, PersonId, SchoolId, StallId, TerminalId};

type Failure = Box<dyn std::error::Error>;

const PEOPLE: usize = 5_000;
/// Records of one request.
const BATCH: usize = 500;
/// Terminals that are heard at the same time.
const CALLERS: usize = 16;

struct Till {
    id: TerminalId,
    stall: StallId,
    journal: u32,
    records: Vec<Sealed>,
}

pub async fn run(terminals: usize, records: usize) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("yitong-bench-journal-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = Config::in_folder(folder.clone());
    let mut outcome = measure(config.clone(), "embedded", terminals, records).await;
    if outcome.is_ok()
        && let Ok(url) = std::env::var(super::POSTGRES)
    {
        outcome = measure(Config { database: Place::Postgres(url), ..config }, "PostgreSQL", terminals, records).await;
    }
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(config: Config, engine: &str, terminals: usize, records: usize) -> Result<(), Failure> {
    let seal = Seal::from_file(&config.key_file)?;
    let app = App::new(config.clone(), Db::open(&config.database)?, Clock::System, seal);
    demo::make(&app, Size { pupils: PEOPLE, days: 1 }).await?;
    let school = app.db.read(crate::wallets::schools_with_books).await?;
    let school = *school.first().ok_or("the school is not there")?;
    let people: Arc<Vec<PersonId>> = Arc::new(app.db.read(move |tx| crate::wallets::everyone(tx, school)).await?);
    let tills = tills(&app, school, &people, terminals, records).await?;
    let sales: usize = tills.iter().map(|till| till.records.len()).sum();
    let before = entries(&app, school).await?;
    let took = send(&app, school, &tills).await?;
    let first = entries(&app, school).await?;
    // The answers were lost: everything is sent once more.
    let again = send(&app, school, &tills).await?;
    let second = entries(&app, school).await?;
    let report = crate::wallets::verify(&app.db, None).await?;
    let (lost, doubled) = (sales.saturating_sub(first - before), second - first);
    println!(
        "{engine}: {terminals} terminals, {sales} offline sales taken in {:.1} s ({:.0}/s); sent again in {:.1} s; \
         lost {lost}, doubled {doubled}, books whole: {}",
        took.as_secs_f64(),
        sales as f64 / took.as_secs_f64(),
        again.as_secs_f64(),
        report.ok()
    );
    if lost + doubled > 0 || !report.ok() {
        return Err("the books are not what was sold".into());
    }
    Ok(())
}

async fn entries(app: &App, school: SchoolId) -> Result<usize, Failure> {
    let report = crate::wallets::verify(&app.db, Some(school)).await?;
    Ok(usize::try_from(report.entries)?)
}

/// Journals, signed ahead: that is the terminals' work.
async fn tills(
    app: &App,
    school: SchoolId,
    people: &[PersonId],
    terminals: usize,
    records: usize,
) -> Result<Arc<Vec<Till>>, Failure> {
    let facts = crate::schools::facts_of(app, school).await.map_err(|_| "the school has no places")?;
    let stalls: Vec<StallId> = facts.stalls.keys().copied().collect();
    let mut tills = Vec::with_capacity(terminals);
    for n in 0..terminals {
        let stall = stalls[n % stalls.len()];
        let (name, mode, profile) = (format!("{n} 号机"), "amount".into(), Default::default());
        let placed = Placed { name, stall, mode, screens: 1, profile };
        let id = terminals::add(app, school, placed).await?;
        let key = DeviceKey::from_seed(app.new_id().as_bytes().repeat(2).as_slice().try_into()?);
        let ticket = terminals::code(app, school, id).await?;
        let journal = terminals::enrol(app, &ticket, key.public()).await?.ok_or("a code is not good")?;
        let mut till = Till { id, stall, journal, records: Vec::with_capacity(records) };
        let mut head = Head::default();
        for i in 0..records {
            let at = app.now();
            let stamp = Stamp { at, wall: at, boot: 1, mono_ms: 0, token_age_ms: None };
            let person = people[(n * 7_919 + i * 31) % people.len()];
            let body = sold(EntryId::new(app.new_id()), stall, person, Cents::new(350 + (i as i64 % 9) * 100), at);
            let sealed = Sealed::seal(&head.next(id, journal, stamp, body), &key);
            head = Head { seq: head.seq + 1, hash: sealed.hash() };
            till.records.push(sealed);
        }
        tills.push(till);
    }
    Ok(Arc::new(tills))
}

fn sold(purchase: EntryId, stall: StallId, person: PersonId, amount: Cents, at: yitong_values::Timestamp) -> Body {
    let sale = Sale {
        purchase,
        stall,
        canteen: CanteenId::new(Uuid::nil()),
        payer: PayerShown::Person(person),
        mode: "amount".into(),
        items: Vec::new(),
        amount,
        at,
        collect_later: false,
        duplicate_confirmed: false,
        photo_checked: false,
        cashier: None,
    };
    let how = How {
        person,
        lease: None,
        charged: amount,
        balance_after: None,
        serial: None,
        use_order: None,
        allowance: None,
        trace: String::new(),
        versions: Story::default(),
    };
    Body::Sold { sale, how }
}

/// All terminals at once, each in its own order.
async fn send(app: &App, school: SchoolId, tills: &Arc<Vec<Till>>) -> Result<std::time::Duration, Failure> {
    let begun = Instant::now();
    let mut callers = Vec::with_capacity(CALLERS);
    for caller in 0..CALLERS {
        let (app, tills) = (app.clone(), Arc::clone(tills));
        callers.push(tokio::spawn(async move {
            for till in tills.iter().skip(caller).step_by(CALLERS) {
                for part in till.records.chunks(BATCH) {
                    let of = (school, till.id, till.stall);
                    let head = terminals::take_journal(&app, of, till.journal, part.to_vec()).await;
                    head.map_err(|problem| format!("a journal was not taken: {}", problem.code()))?;
                }
            }
            Ok::<(), String>(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    Ok(begun.elapsed())
}
