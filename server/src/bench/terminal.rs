//! One counter measured whole: the agent as a process of its own beside a server on loopback, with a university's
//! people, printed codes and codes of phones with their real signatures. Every time is that of a screen: from the scan
//! to the picture with the result.

use super::hands::Hands;
use super::http::Connection;
use super::{Failure, fsync_times, ms};
use crate::App;
use crate::credentials::{self, PhoneCaps, Use};
use crate::demo::{self, Size};
use crate::plumbing::clock::Clock;
use crate::plumbing::config::Config;
use crate::plumbing::db::{Db, Tx};
use crate::plumbing::http::serve::serve;
use crate::plumbing::seal::Seal;
use crate::terminals::{self, Placed};
use crate::topups::{TopupAsk, top_up};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use uuid::Uuid;
use yitong_code::{Credential, Device, Protection, Purpose, Suite};
use yitong_values::{Cents, CredentialId, EntryId, PersonId, SchoolId, UserId};

const SEARCHES: usize = 50;
const CHANGES: usize = 20;
const ONE_YUAN: i64 = 100;

pub async fn run(agent: &Path, people: usize, sales: usize) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("yitong-bench-terminal-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder, agent, people, sales).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &Path, agent: &Path, people: usize, sales: usize) -> Result<(), Failure> {
    let config = Config::in_folder(folder.join("server"));
    std::fs::create_dir_all(folder.join("server"))?;
    let (db, listener) = (Db::open(&config.database)?, TcpListener::bind("127.0.0.1:0").await?);
    let address = listener.local_addr()?;
    let app = App::new(Config { listen: address, ..config }, db, Clock::System, Seal::from_key(&[1; 32]));
    demo::make(&app, Size { pupils: people, days: 0 }).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(app.clone(), crate::routes::router(app.clone()), listener, async {
        let _ = stopped.await;
    }));
    let shown = Shown::prepare(&app, address, sales).await?;
    println!("| what | number | p50 ms | p99 ms | most ms | to reach |\n|---|---|---|---|---|---|");
    row("raw append + fsync, 4 KiB", "", fsync_times(folder)?);

    let till = folder.join("till");
    let code = terminals::code(&app, shown.school, shown.terminal).await?;
    Hands::enrol(agent, &till, &format!("http://{address}"), &code.shown())?;
    let began = Instant::now();
    let mut hands = Hands::start(agent, &till).await?;
    hands.until("everybody, the lease and the time", is_ready).await?;
    let pull = began.elapsed();
    let pulled = hands.memory_mib()?;
    row("scan to result, with the server", "p99 40", sell(&mut hands, &shown, 0, false).await?);
    row("search by name or number", "50", search(&mut hands, &shown).await?);
    row("a change at the server to the terminal", "2000", change(&app, &mut hands, &shown).await?);

    drop(stop);
    serving.await??;
    hands.until("offline", |view| view["link"]["state"] == "offline").await?;
    row("scan to result, without, journal's fsync in it", "p99 5", sell(&mut hands, &shown, sales, true).await?);
    let sold = hands.memory_mib()?;
    let longest = hands.stop()?;
    let began = Instant::now();
    let hands = Hands::start(agent, &till).await?;
    let again = began.elapsed();
    println!("\n| what | measured | to reach |\n|---|---|---|");
    println!("| full pull of {} people | {:.1} s | 30 s |", shown.people, pull.as_secs_f64());
    println!("| agent's memory after it | {pulled:.0} MiB | 60 MB |");
    println!("| agent's memory after the sales | {sold:.0} MiB | 60 MB |");
    println!("| start again, to the first picture | {:.0} ms | |", again.as_secs_f64() * 1_000.0);
    println!("| the agent's program, with its pages | {:.1} MB | 25 MB |", megabytes(agent)?);
    println!("\nThe longest steps of the agent, in which it hears nothing else:");
    longest.iter().for_each(|line| println!("{line}"));
    hands.stop().map(|_| ())
}

fn megabytes(program: &Path) -> std::io::Result<f64> {
    Ok(std::fs::metadata(program)?.len() as f64 / 1_000_000.0)
}

fn row(what: &str, to_reach: &str, mut micros: Vec<u64>) {
    micros.sort_unstable();
    let at = |part: usize| micros.get(micros.len() * part / 100).or(micros.last()).copied().unwrap_or(0);
    let (count, most) = (micros.len(), micros.last().copied().unwrap_or(0));
    println!("| {what} | {count} | {} | {} | {} | {to_reach} |", ms(at(50)), ms(at(99)), ms(most));
}

fn is_ready(view: &Value) -> bool {
    view["link"]["state"] == "online"
        && view["screen"] != "setup"
        && !view["link"]["last_sync"].is_null()
        && view["lease"].is_object()
        && view["link"]["clock_doubt"] == false
}

/// Whom the counter will meet, and what they show.
struct Shown {
    school: SchoolId,
    terminal: yitong_values::TerminalId,
    people: usize,
    printed: Vec<String>,
    phones: Vec<Phone>,
    /// Number and name of some.
    names: Vec<(PersonId, String, String)>,
}

struct Phone {
    device: Device,
    credential: Credential,
    starts_ms: i64,
}

impl Shown {
    /// Every second sale is by a phone, and nobody comes twice: the rules would ask.
    async fn prepare(app: &App, address: SocketAddr, sales: usize) -> Result<Shown, Failure> {
        let school = *app.db.read(crate::wallets::schools_with_books).await?.first().ok_or("no school")?;
        let people = app.db.read(move |tx| crate::wallets::everyone(tx, school)).await?;
        let mut cards = cards(address, 2 * sales + CHANGES).await?;
        let payers: Vec<PersonId> = cards.iter().map(|card| card.person).collect();
        for person in &payers {
            fill(app, school, *person, Cents::new(5_000)).await?;
        }
        let some: Vec<_> = cards.split_off(2 * sales);
        let names = some.into_iter().map(|card| (card.person, card.number, card.name)).collect();
        let of_phones: Vec<PersonId> = cards.iter().skip(1).step_by(2).map(|card| card.person).collect();
        let phones = phones(app, school, &of_phones).await?;
        let stalls = crate::schools::facts_of(app, school).await.map_err(|_| "no places")?;
        let stall = *stalls.stalls.keys().next().ok_or("no stall")?;
        let placed =
            Placed { name: "量一量".into(), stall, mode: "amount".into(), screens: 2, profile: Default::default() };
        let terminal = terminals::add(app, school, placed).await?;
        let printed = cards.into_iter().step_by(2).map(|card| card.text).collect();
        Ok(Shown { school, terminal, people: people.len(), printed, phones, names })
    }

    /// What is shown in this sale: print and a phone in turn.
    fn code(&self, n: usize) -> Result<String, Failure> {
        if n.is_multiple_of(2) {
            return Ok(self.printed[n / 2].clone());
        }
        let phone = &self.phones[n / 2];
        let now = Clock::System.now().ms();
        let code = phone.device.dynamic_code(&phone.credential, phone.starts_ms, now, 1);
        code.ok_or_else(|| "a phone shows nothing before its time".into())
    }
}

struct Card {
    person: PersonId,
    number: String,
    name: String,
    text: String,
}

/// As the office prints them.
async fn cards(address: SocketAddr, wanted: usize) -> Result<Vec<Card>, Failure> {
    let mut admin = Connection::open(address).await?;
    let (cookie, school) = admin.sign_in("admin").await?;
    let path = format!("/api/v1/schools/{school}");
    let classes = admin.ask("GET", &format!("{path}/classes"), &cookie, "").await?;
    let mut cards = Vec::new();
    for class in classes["items"].as_array().into_iter().flatten() {
        let class = class["id"].as_str().unwrap_or_default();
        let sheet = admin.ask("GET", &format!("{path}/credentials/sheet?class={class}&limit=200"), &cookie, "").await?;
        for card in sheet["items"].as_array().into_iter().flatten() {
            let text = |name: &str| card[name].as_str().unwrap_or_default().to_owned();
            let person = PersonId::new(text("person").parse()?);
            cards.push(Card { person, number: text("number"), name: text("name"), text: text("text") });
        }
        if cards.len() >= wanted {
            cards.truncate(wanted);
            return Ok(cards);
        }
    }
    Err(format!("{wanted} cards are wanted, and there are {}", cards.len()).into())
}

async fn fill(app: &App, school: SchoolId, person: PersonId, amount: Cents) -> Result<(), Failure> {
    let (id, now, cashier) = (EntryId::new(app.new_id()), app.now(), UserId::new(Uuid::nil()));
    let ask = TopupAsk { school, id, person, amount, note: String::new(), cashier, now };
    app.db.write_locking("bench money", move |tx| top_up(tx, &ask)).await?;
    Ok(())
}

async fn phones(app: &App, school: SchoolId, people: &[PersonId]) -> Result<Vec<Phone>, Failure> {
    let now = app.now();
    let ids: Vec<(CredentialId, PersonId)> =
        people.iter().map(|person| (CredentialId::new(app.new_id()), *person)).collect();
    let enrol = move |tx: &mut Tx<'_>| {
        let until = now.china_day().plus_days(400);
        let one =
            |(id, person): &(CredentialId, PersonId)| credentials::enrol_phone(tx, school, *id, *person, now, until);
        ids.iter().map(one).collect::<Result<Vec<_>, _>>()
    };
    let numbers = app.db.write("enrol phones", enrol).await?;
    let caps = PhoneCaps { use_cap_yuan: 100, total_cap_5yuan: 40, uses: 20, life_hours: 24 };
    let of = Use::Of(Purpose::Credential);
    let signer = credentials::signer(&app.db, &app.seal, school, of, Suite::Ed25519, now).await?;
    let phone = |(n, numbers): (usize, credentials::PhoneNumbers)| {
        let mut secret = [7; 32];
        secret[24..].copy_from_slice(&(n as u64).to_be_bytes());
        let device = Device::new(&secret)?;
        let fields = credentials::credential_fields(numbers, caps, Protection::Browser, device.public_key(), now);
        Some(Phone { device, credential: signer.credential(&fields)?, starts_ms: fields.starts_ms() })
    };
    let made: Option<Vec<_>> = numbers.into_iter().enumerate().map(phone).collect();
    made.ok_or_else(|| "a phone of the bench can't be made".into())
}

async fn sell(hands: &mut Hands, shown: &Shown, from: usize, offline: bool) -> Result<Vec<u64>, Failure> {
    let half = shown.printed.len();
    let mut times = Vec::with_capacity(half);
    for n in from..from + half {
        let (took, view) = hands.sell(&shown.code(n)?).await?;
        let result = &view["result"];
        if result["kind"] != "paid" || result["amount"] != ONE_YUAN || result["offline"] != offline {
            return Err(format!("sale {n} of the bench: {} {result} {}", view["screen"], view["question"]).into());
        }
        times.push(took.as_micros() as u64);
    }
    Ok(times)
}

async fn found(hands: &mut Hands, text: &str, person: PersonId) -> Result<Value, Failure> {
    hands.act(json!({"type": "search", "text": text})).await?;
    let person = person.to_string();
    let of = move |view: &Value| {
        let found = view["found"].as_array()?.iter().find(|found| found["person"] == person.as_str());
        found.cloned()
    };
    let view = hands.until("whom was looked for", |view| of(view).is_some()).await?;
    of(&view).ok_or_else(|| "nobody".into())
}

/// By numbers, which name one person, after the list was emptied.
async fn search(hands: &mut Hands, shown: &Shown) -> Result<Vec<u64>, Failure> {
    let mut times = Vec::with_capacity(SEARCHES);
    for n in 0..SEARCHES {
        let (person, number, _) = &shown.names[n % shown.names.len()];
        hands.act(json!({"type": "search", "text": ""})).await?;
        hands.until("an empty list", |view| view["found"].as_array().is_some_and(Vec::is_empty)).await?;
        let began = Instant::now();
        found(hands, number, *person).await?;
        times.push(began.elapsed().as_micros() as u64);
    }
    Ok(times)
}

/// Money arrives in a wallet; how long until the till knows.
async fn change(app: &App, hands: &mut Hands, shown: &Shown) -> Result<Vec<u64>, Failure> {
    let mut times = Vec::with_capacity(CHANGES);
    for (person, number, _) in shown.names.iter().take(CHANGES) {
        let before = found(hands, number, *person).await?["balance"].as_i64().ok_or("no balance is shown")?;
        let began = Instant::now();
        fill(app, shown.school, *person, Cents::new(1_000)).await?;
        loop {
            let known = found(hands, number, *person).await?["balance"].as_i64();
            if known == Some(before + 1_000) {
                break;
            }
            if began.elapsed() > Duration::from_secs(30) {
                return Err(format!("a change did not come: {}", hands.view()["link"]).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(began.elapsed().as_micros() as u64);
    }
    Ok(times)
}
