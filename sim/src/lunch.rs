//! The same hall as a load: real agents on real disks, a real server over HTTP on loopback, and diners who come at
//! random. Prints how long the line was, and whether paying was what they waited for.

use crate::luck::Luck;
use crate::school::School;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use uuid::Uuid;
use yitong::App;
use yitong::demo::{self, Size};
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::Config;
use yitong::plumbing::db::Db;
use yitong::plumbing::http::serve::serve;
use yitong::plumbing::seal::Seal;
use yitong_terminal::agent::shell::{Msg, Shell};
use yitong_terminal::agent::{Event, Pictures};
use yitong_terminal::checkout::{Act, CounterMode, Input, Key, LinkState, Phase, ResultKind, View};
use yitong_terminal::home::{Home, Identity};
use yitong_terminal::link::{Ticket, enrol};
use yitong_values::SchoolId;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A till that has not heard the whole school by then has a problem.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// So long does nobody wait for a beep.
const BEEP_WITHIN: Duration = Duration::from_secs(30);
/// After lunch, all that tills sold by themselves is at the server by then.
const SENT_WITHIN: Duration = Duration::from_secs(120);

#[derive(Clone, Debug)]
pub struct Lunch {
    pub pupils: usize,
    pub lanes: usize,
    /// All pupils come within so long, at random.
    pub within: Duration,
    /// From one beep to the next scan of a lane: to step up, to hold the code, to walk on.
    pub handover: Duration,
    /// The line to the server is cut after so long, for so long.
    pub cut: Option<(Duration, Duration)>,
    pub seed: u64,
}

/// What one diner met.
#[derive(Clone, Copy, Debug)]
struct Meal {
    /// From stepping to the end of the line to the scan.
    waited: Duration,
    /// From the scanner's text to the colour on the screen.
    beep: Duration,
    kind: ResultKind,
    offline: bool,
}

struct Lane {
    to: Sender<Msg>,
    pictures: watch::Receiver<Arc<Pictures>>,
}

impl Lunch {
    pub async fn run(&self) -> Result<(), Failure> {
        let folder = tempfile::tempdir()?;
        let school = self.school(folder.path()).await?;
        let (server, cut) = self.serve(&school).await?;
        let mut cards = cards(&school).await?;
        cards.truncate(self.pupils);
        // The demo sold something today before we came.
        let before = booked(&school).await;
        let lanes = self.lanes(&school, &server, folder.path()).await?;
        println!("{} pupils, {} lanes, all within {:.0} s", cards.len(), self.lanes, self.within.as_secs_f64());
        let begun = Instant::now();
        if let Some((after, long)) = self.cut {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                cut.store(true, Ordering::SeqCst);
                tokio::time::sleep(long).await;
                cut.store(false, Ordering::SeqCst);
            });
        }
        let (meals, longest) = self.serve_all(&lanes, cards).await?;
        let took = begun.elapsed();
        let sent = all_sent(&lanes).await;
        let booked = booked(&school).await - before;
        report(&meals, longest, took, self.lanes);
        let paid = meals.iter().filter(|meal| meal.kind == ResultKind::Paid).count();
        println!("books: {booked} purchases for {paid} greens; tills sent everything: {}", yes(sent));
        let proof = school.post(&school.path("ledger/verifications"), json!({})).await.json();
        println!("books whole: {}", yes(proof["ok"] == json!(true)));
        for lane in &lanes {
            let _ = lane.to.send(Msg::Stop);
        }
        if booked != paid || !sent || proof["ok"] != json!(true) {
            return Err("the books are not what the screens showed".into());
        }
        Ok(())
    }

    /// A demo school, at any hour of the day.
    async fn school(&self, folder: &Path) -> Result<School, Failure> {
        let config = Config::in_folder(folder.to_owned());
        let app = App::new(config.clone(), Db::open(&config.database)?, Clock::System, Seal::from_key(&[1; 32]));
        demo::make(&app, Size { pupils: self.pupils, days: 0 }).await.map_err(|why| why.to_string())?;
        let id = app.db.read(yitong::wallets::schools_with_books).await?;
        let id: SchoolId = *id.first().ok_or("the demo made no school")?;
        let school = School::around(app, id).await;
        let period = json!({"name_zh": "全天", "name_en": "All day", "start": "00:00", "end": "23:59",
            "weekdays": [1, 2, 3, 4, 5, 6, 7]});
        school.put(&school.path("meal-periods"), json!({"items": [period]})).await.expect(200);
        Ok(school)
    }

    /// Behind a line that can be cut.
    async fn serve(&self, school: &School) -> Result<(String, Arc<AtomicBool>), Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let behind = listener.local_addr()?;
        let (app, cut) = (school.app.clone(), Arc::new(AtomicBool::new(false)));
        tokio::spawn(serve(app.clone(), yitong::routes::router(app), listener, std::future::pending()));
        let front = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", front.local_addr()?);
        tokio::spawn(line(front, behind, cut.clone()));
        Ok((address, cut))
    }

    async fn lanes(&self, school: &School, server: &str, folder: &Path) -> Result<Vec<Lane>, Failure> {
        let found = school.get(&school.path("places")).await.expect(200);
        let sells = |stall: &Value| stall["modes"].as_array().is_some_and(|modes| modes.contains(&json!("amount")));
        let below = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
        let canteens = below(&found, "campuses").into_iter().flat_map(|campus| below(&campus, "canteens"));
        let stalls: Vec<Value> = canteens.flat_map(|canteen| below(&canteen, "stalls")).filter(sells).collect();
        let mut lanes = Vec::new();
        for number in 0..self.lanes {
            let stall = &stalls.get(number % stalls.len().max(1)).ok_or("no stall sells amounts")?["id"];
            let ask = json!({"name": format!("负载 {}", number + 1), "stall": stall, "mode": "amount", "screens": 2});
            let id = crate::school::id_of(&school.post(&school.path("terminals"), ask).await.expect(201));
            let code = school.post(&school.path(&format!("terminals/{id}/codes")), json!({})).await.expect(201);
            let code = code["code"].as_str().ok_or("no code")?.to_owned();
            let home = Home::open(&folder.join(format!("lane-{number}")))?;
            let ticket = Ticket { server: server.to_owned(), code };
            let enrolment = enrol(&ticket, home.device_key()?.public(), "模拟机").await?;
            home.keep_identity(&Identity::of(server, enrolment))?;
            lanes.push(lane(home)?);
        }
        for lane in &mut lanes {
            let mut pictures = lane.pictures.clone();
            let ready = async {
                while !is_ready(&pictures.borrow_and_update().operator) {
                    pictures.changed().await?;
                }
                Ok::<(), watch::error::RecvError>(())
            };
            tokio::time::timeout(READY_WITHIN, ready).await.map_err(|_| "a till did not get ready")??;
            let mode = Act::Mode { mode: CounterMode::Amount };
            lane.act(mode);
        }
        // The people follow the set-up.
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(lanes)
    }

    /// Everybody goes to the shortest line. Answers the meals, and the longest line that there was.
    async fn serve_all(&self, lanes: &[Lane], mut cards: Vec<String>) -> Result<(Vec<Meal>, usize), Failure> {
        let mut luck = Luck::new(self.seed);
        luck.shuffle(&mut cards);
        let whole = self.within.as_micros() as u64;
        let mut arrivals: Vec<u64> = cards.iter().map(|_| luck.between(0, whole)).collect();
        arrivals.sort_unstable();
        let begun = Instant::now();
        let (mut lines, mut tasks) = (Vec::new(), Vec::new());
        for lane in lanes {
            let (to, from) = tokio::sync::mpsc::unbounded_channel();
            let work = lane_work(lane.to.clone(), lane.pictures.clone(), from, self.handover);
            tasks.push(tokio::spawn(work));
            lines.push(to);
        }
        let waiting: Vec<Arc<std::sync::atomic::AtomicUsize>> = lanes.iter().map(|_| Arc::default()).collect();
        let mut longest = 0;
        for (card, at) in cards.into_iter().zip(arrivals) {
            tokio::time::sleep_until((begun + Duration::from_micros(at)).into()).await;
            let lane = (0..lanes.len()).min_by_key(|n| waiting[*n].load(Ordering::SeqCst)).ok_or("no lanes")?;
            longest = longest.max(waiting[lane].fetch_add(1, Ordering::SeqCst));
            let fen = luck.between(4, 18) as i64 * 100;
            let diner = Diner { card, fen, since: Instant::now(), line: waiting[lane].clone() };
            lines[lane].send(diner).map_err(|_| "a lane ended")?;
        }
        drop(lines);
        let mut meals = Vec::new();
        for task in tasks {
            meals.extend(task.await??);
        }
        Ok((meals, longest))
    }
}

/// Somebody in a line.
struct Diner {
    card: String,
    fen: i64,
    since: Instant,
    line: Arc<std::sync::atomic::AtomicUsize>,
}

async fn lane_work(
    to: Sender<Msg>,
    mut pictures: watch::Receiver<Arc<Pictures>>,
    mut line: tokio::sync::mpsc::UnboundedReceiver<Diner>,
    handover: Duration,
) -> Result<Vec<Meal>, Failure> {
    let lane = Lane { to, pictures: pictures.clone() };
    let mut meals = Vec::new();
    while let Some(diner) = line.recv().await {
        tokio::time::sleep(handover).await;
        lane.key("clear");
        format!("{}.{:02}", diner.fen / 100, diner.fen % 100).chars().for_each(|sign| lane.key(&sign.to_string()));
        lane.act(Act::Pay);
        until(&mut pictures, |view| view.screen == Phase::Present).await?;
        let scanned = Instant::now();
        let waited = scanned - diner.since;
        lane.send(Event::Device(Input::Scan(diner.card)));
        let mut result = until(&mut pictures, is_answer).await?;
        while result.screen == Phase::Question {
            // The cashier says yes to whatever is asked.
            lane.act(Act::Answer { choice: "yes".into() });
            result = until(&mut pictures, is_answer).await?;
        }
        let beep = scanned.elapsed();
        let shown = result.result.as_ref().ok_or("a result without words")?;
        meals.push(Meal { waited, beep, kind: shown.kind, offline: shown.offline });
        diner.line.fetch_sub(1, Ordering::SeqCst);
    }
    Ok(meals)
}

fn is_answer(view: &View) -> bool {
    matches!(view.screen, Phase::Result | Phase::Question)
}

async fn until(pictures: &mut watch::Receiver<Arc<Pictures>>, is: impl Fn(&View) -> bool) -> Result<View, Failure> {
    let shown = async {
        loop {
            let view = pictures.borrow_and_update().operator.clone();
            if is(&view) {
                return Ok::<View, Failure>(view);
            }
            pictures.changed().await?;
        }
    };
    tokio::time::timeout(BEEP_WITHIN, shown).await.map_err(|_| "a till shows nothing")?
}

impl Lane {
    fn send(&self, event: Event) {
        let _ = self.to.send(Msg::Event(event));
    }

    fn act(&self, act: Act) {
        self.send(Event::Act { id: Uuid::now_v7(), act });
    }

    fn key(&self, word: &str) {
        self.act(Act::Key { key: Key::from_word(word).expect("a key of the keypad") });
    }
}

/// An agent on a thread of its own, as in its own process.
fn lane(home: Home) -> Result<Lane, Failure> {
    let (to, from) = channel();
    let runtime = tokio::runtime::Handle::current();
    let (agent, pictures) = Shell::open(home, None, None, runtime, to.clone())?;
    std::thread::spawn(move || agent.run(&from));
    Ok(Lane { to, pictures })
}

fn is_ready(view: &View) -> bool {
    view.screen != Phase::Setup
        && view.link.state == LinkState::Online
        && view.lease.is_some()
        && view.link.last_sync.is_some()
}

/// Lets through what comes, unless it is cut.
async fn line(front: TcpListener, behind: SocketAddr, cut: Arc<AtomicBool>) {
    while let Ok((mut near, _)) = front.accept().await {
        let cut = cut.clone();
        tokio::spawn(async move {
            if cut.load(Ordering::SeqCst) {
                return;
            }
            let _ = near.set_nodelay(true);
            let Ok(mut far) = TcpStream::connect(behind).await else { return };
            let _ = far.set_nodelay(true);
            let torn = async {
                while !cut.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                () = torn => {}
            }
        });
    }
}

/// Texts of printed cards of everybody who has one.
async fn cards(school: &School) -> Result<Vec<String>, Failure> {
    let classes = school.get(&school.path("classes")).await.expect(200);
    let mut texts = Vec::new();
    for class in classes["items"].as_array().ok_or("no classes")? {
        let id = class["id"].as_str().ok_or("a class without an id")?;
        let sheet = school.get(&school.path(&format!("credentials/sheet?class={id}"))).await.expect(200);
        let items = sheet["items"].as_array().ok_or("no cards")?;
        texts.extend(items.iter().filter_map(|card| card["text"].as_str()).map(str::to_owned));
    }
    if texts.is_empty() { Err("nobody has a card".into()) } else { Ok(texts) }
}

async fn all_sent(lanes: &[Lane]) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < SENT_WITHIN {
        if lanes.iter().all(|lane| lane.pictures.borrow().operator.link.unsent == 0) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

async fn booked(school: &School) -> usize {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = school.get(&school.path(&format!("purchases?limit=200{cursor}"))).await.expect(200);
        let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        count += items.iter().filter(|item| item["status"] != "refused").count();
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "NO" }
}

fn part(sorted: &[Duration], permille: usize) -> f64 {
    sorted.get((sorted.len() * permille / 1000).min(sorted.len().saturating_sub(1))).map_or(0.0, Duration::as_secs_f64)
}

fn report(meals: &[Meal], longest: usize, took: Duration, lanes: usize) {
    let all = |of: fn(&Meal) -> Duration, only: fn(&Meal) -> bool| {
        let mut times: Vec<Duration> = meals.iter().filter(|meal| only(meal)).map(of).collect();
        times.sort_unstable();
        times
    };
    let paying: Duration = meals.iter().map(|meal| meal.beep).sum();
    let minutes = took.as_secs_f64() / 60.0;
    let by_itself = meals.iter().filter(|meal| meal.offline).count();
    let reds = meals.iter().filter(|meal| meal.kind != ResultKind::Paid).count();
    println!("{} meals in {minutes:.1} min: {:.0} diners a minute", meals.len(), meals.len() as f64 / minutes);
    println!("{by_itself} by tills themselves, {reds} red; longest line {longest} at one lane");
    println!("| ms | p50 | p99 | max |\n|---|---|---|---|");
    let line = |name: &str, times: &[Duration]| {
        let [p50, p99, max] = [500, 990, 1000].map(|permille| part(times, permille) * 1000.0);
        println!("| {name} | {p50:.1} | {p99:.1} | {max:.1} |");
    };
    line("scan to beep, server's word", &all(|meal| meal.beep, |meal| !meal.offline));
    if by_itself > 0 {
        line("scan to beep, till itself", &all(|meal| meal.beep, |meal| meal.offline));
    }
    line("in line before the scan", &all(|meal| meal.waited, |_| true));
    let share = paying.as_secs_f64() / (took.as_secs_f64() * lanes as f64) * 100.0;
    println!("paying took {share:.2} % of the lanes' time");
}
