//! Measures call-backs of a payment channel: each verified, written down once and booked, over HTTP from the sandbox,
//! which signs every one of them in the same process.

use super::Failure;
use crate::App;
use crate::demo::{self, Size};
use crate::payments::{self, AccountKind};
use crate::plumbing::clock::Clock;
use crate::plumbing::config::Config;
use crate::plumbing::db::Db;
use crate::plumbing::seal::Seal;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use yitong_sandbox::{Faults, Sandbox};
use yitong_values::{Cents, ChannelAccountId, PersonId, SchoolId};

/// Call-backs on their way at once.
const AT_ONCE: usize = 64;
/// Open orders that one person may have.
const ORDERS_EACH: usize = 4;
const AMOUNT: Cents = Cents::new(1_000);
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn run(orders: usize) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("yitong-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder, orders).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &std::path::Path, orders: usize) -> Result<(), Failure> {
    let ours = TcpListener::bind("127.0.0.1:0").await?;
    let theirs = TcpListener::bind("127.0.0.1:0").await?;
    let config = Config { listen: ours.local_addr()?, ..Config::in_folder(folder.to_owned()) };
    let db = Db::open(&config.database)?;
    let app = App::new(config, db, Clock::System, Seal::from_key(&[1; 32]));
    demo::make(&app, Size { pupils: orders.div_ceil(ORDERS_EACH).max(1), days: 0 }).await?;
    let router = crate::routes::router(app.clone());
    tokio::spawn(crate::plumbing::http::serve::serve(app.clone(), router, ours, std::future::pending()));
    let sandbox = Sandbox::open(&folder.join("sandbox"), &format!("http://{}", theirs.local_addr()?))?;
    sandbox.set_faults(Faults { schedule_scale: 0, ..Faults::default() })?;
    tokio::spawn(sandbox.clone().serve(theirs, std::future::pending()));
    let school = *app.db.read(crate::wallets::schools_with_books).await?.first().ok_or("the demo made no school")?;
    let settings = sandbox.settings().all();
    println!("| channel | call-backs | rate/s | booked | ms each |\n|---|---|---|---|---|");
    for kind in [AccountKind::Wechat, AccountKind::Alipay] {
        let account = payments::open_account(&app, school, kind, "bench", &settings[kind.word()]).await?;
        let numbers = open(&app, school, account, orders / 2).await?;
        let (before, _) = app.payments.counts.notices();
        let begun = Instant::now();
        pay(&app, &sandbox, &numbers, before).await?;
        // The last ones were verified, and are still being booked.
        let booked = loop {
            let booked = payments::paid_by(&app, school, account).await?;
            if booked >= numbers.len() as i64 || begun.elapsed() > PATIENCE {
                break booked;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        let took = begun.elapsed();
        let rate = numbers.len() as u128 * 1_000_000 / took.as_micros().max(1);
        let each = took.as_micros() / numbers.len().max(1) as u128;
        let ms = format!("{}.{:03}", each / 1000, each % 1000);
        println!("| {} | {} | {rate} | {booked} | {ms} |", kind.word(), numbers.len());
        if booked != numbers.len() as i64 {
            return Err(format!("{} orders were paid, {booked} were booked", numbers.len()).into());
        }
    }
    let report = crate::wallets::verify(&app.db, None).await?;
    println!("books: {} entries, {} findings", report.entries, report.findings.len());
    Ok(())
}

async fn open(app: &App, school: SchoolId, account: ChannelAccountId, orders: usize) -> Result<Vec<String>, Failure> {
    let people: Vec<PersonId> = app.db.read(move |tx| crate::wallets::everyone(tx, school)).await?;
    let mut numbers = Vec::with_capacity(orders);
    for person in people.iter().flat_map(|person| std::iter::repeat_n(*person, ORDERS_EACH / 2)).take(orders) {
        numbers.push(payments::open_order(app, school, person, account, AMOUNT).await?);
    }
    Ok(numbers)
}

/// Pays all of them, so many at once, and waits until each was heard of.
async fn pay(app: &App, sandbox: &Sandbox, numbers: &[String], before: u64) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut paid = 0;
    while (app.payments.counts.notices().0 - before) < numbers.len() as u64 {
        let heard = usize::try_from(app.payments.counts.notices().0 - before)?;
        while paid < numbers.len() && paid < heard + AT_ONCE {
            sandbox.pay(&numbers[paid]).map_err(|why| format!("an order can't be paid: {why:?}"))?;
            paid += 1;
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("only {heard} of {} call-backs were heard", numbers.len()).into());
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok(())
}
