//! A demo school of real size with a month of believable history, made through the same doors as real data.

mod dishes;
mod guardians;
mod history;
mod roster;
mod sandbox;
mod terminals;

pub use sandbox::alone as sandbox_alone;

use crate::App;
use crate::credentials::{Issue, issue_codes};
use crate::plumbing::clock::Clock;
use crate::plumbing::config::Config;
use crate::plumbing::db::{Db, Place, Tx};
use crate::plumbing::seal::Seal;
use crate::policies::{self, SchoolPolicy};
use crate::schools::{self, Canteen, NewSchool, Stall};
use crate::signin::{self, NewGrant, NewUser, Scope, roles::Role, totp};
use std::time::Instant;
use uuid::Uuid;
use yitong_rules::{MealPeriod, Mode};
use yitong_values::{
    BusinessDay, CampusId, CanteenId, Cents, MealPeriodId, PrintBatchId, SchoolId, StallId, Timestamp, UserId,
};

/// Everyone of the demo signs in with it.
pub const PASSWORD: &str = "yitong-demo-2026";
/// The finance officer's second factor, known so that the demo can be tried.
const TOTP_SECRET: &[u8; 20] = b"yitong-demo-totp-key";

type Failure = Box<dyn std::error::Error>;

#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub pupils: usize,
    pub days: i64,
}

/// A dice with a seed: the same demo each time, but for ids.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed | 1)
    }

    /// xorshift64*
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides.max(1)
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

/// An id of a past moment.
pub fn id_at(at: Timestamp) -> Uuid {
    let ms = at.ms().max(0) as u64;
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, ms / 1000, (ms % 1000) as u32 * 1_000_000))
}

/// The places of the demo school.
pub struct School {
    pub id: SchoolId,
    pub stalls: Vec<StallId>,
    pub cashiers: Vec<UserId>,
    pub admin: UserId,
    pub teacher: UserId,
}

pub async fn run(mut config: Config, keep: bool, size: Size) -> Result<(), Failure> {
    let listen = config.listen;
    let fresh = !keep || !exists(&config);
    if fresh {
        forget(&config)?;
    }
    let sandbox_at = sandbox::address(listen);
    let sandbox = sandbox::open(&mut config, sandbox_at)?;
    let seal = Seal::from_file(&config.key_file)?;
    let db = Db::open(&config.database)?;
    let app = App::new(config, db, Clock::System, seal);
    if fresh {
        let begun = Instant::now();
        println!("Making a demo school: {} pupils, {} days of history …", size.pupils, size.days);
        let sold = make(&app, size).await?;
        println!("… {sold} purchases booked in {:.1} s.", begun.elapsed().as_secs_f32());
    }
    sandbox::start(&app, &sandbox, sandbox_at).await?;
    if fresh {
        let school = app.db.read(crate::wallets::schools_with_books).await?;
        let school = school.first().copied().ok_or("the demo school is not there")?;
        sandbox::open_accounts(&app, school, &sandbox).await?;
        sandbox::open_messages(&app, &sandbox).await?;
    }
    guardians::tell(&app).await?;
    let school = app.db.read(crate::wallets::schools_with_books).await?;
    let codes = match school.first() {
        Some(school) => terminals::codes(&app, *school).await?,
        None => String::new(),
    };
    crate::upkeep::start(&app);
    crate::family::start(&app);
    let tell = || tell(listen, sandbox_at, &codes);
    crate::plumbing::http::serve::until_signal(app.clone(), crate::routes::router(app), tell).await?;
    Ok(())
}

fn exists(config: &Config) -> bool {
    matches!(&config.database, Place::File(path) if path.exists())
}

/// Beside the database that a demo made. One without it is somebody's, and is never made anew.
const MARK: &str = "made-by-yitong-demo";

/// Only what an earlier demo made.
fn forget(config: &Config) -> Result<(), Failure> {
    let Place::File(path) = &config.database else { return Ok(()) };
    let mark = path.with_file_name(MARK);
    if path.exists() && !mark.exists() {
        let path = path.display();
        let zh = format!("{path} 不是演示数据，未作任何改动。请用 --data 另选文件夹，或用 --keep 打开它。");
        let en = format!(
            "{path} was not made by a demo, and nothing was changed. Choose another folder by --data, or open it by --keep."
        );
        return Err(format!("{zh}\n{en}").into());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&mark, "The database beside this file is a demo's, and is made anew by the next one.\n")?;
    for end in ["", "-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(end);
        match std::fs::remove_file(&name) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(why.into()),
            _ => {}
        }
    }
    Ok(())
}

fn tell(listen: std::net::SocketAddr, sandbox: std::net::SocketAddr, codes: &str) {
    let secret = totp::base32(TOTP_SECRET);
    println!(
        "
一通 Yitong · 演示学校 demo school

  管理后台 Admin     http://{listen}/admin/
  收银台   Counter   http://{listen}/counter/
  家长     Parents   http://{listen}/parent/
  支付沙箱 Sandbox   http://{sandbox}/   (pay here; sign-in codes are under /messages)
  接口文档 OpenAPI   http://{listen}/api/v1/openapi.json

  密码 Password (all): {PASSWORD}
    admin      管理员 administrator (operator and school)
    finance, finance2   财务 finance officers (refunds need both); second factor: {secret}
    manager    食堂经理 canteen manager
    cashier1 … cashier6   收银员 cashiers, one a stall
    teacher    班主任 class teacher of the first two classes

  终端绑定码 Enrolment codes of terminals (30 min; the office makes others)
{codes}
  可以试试 What to try
    1. Admin → 导入 Import: take the template, or your own list of pupils.
    2. Admin → 个人码 Codes: print a class; the counter reads the QR code as a scanner types it.
    3. Counter → cashier1: scan or pick dishes, then a code (or find somebody by name).
    4. Admin → 实时营业 Live sales: totals move as you sell.
    5. Admin → 账本 Ledger → 验证 Verify; or stop this program and run `yitong verify --data data/demo`.
"
    );
}

/// Makes the school and its month; says how many purchases there were.
pub async fn make(app: &App, size: Size) -> Result<usize, Failure> {
    let now = app.now();
    let today = now.china_day();
    let begin = today.plus_days(-size.days);
    let school = places(app, begin.start()).await?;
    let dishes = dishes::put(app, &school, begin.start()).await?;
    let people = roster::put(app, &school, size.pupils, begin).await?;
    let issue = Issue {
        school: school.id,
        batch: PrintBatchId::new(app.new_id()),
        class: None,
        person: None,
        expires_on: today.plus_days(900),
        suite: app.config.codes.suite,
        now: begin.start(),
    };
    issue_codes(&app.db, &app.seal, &issue).await?;
    guardians::put(app, &school, &people).await?;
    teach(app, &school, &people).await?;
    terminals::put(app, &school).await?;
    history::play(app, &school, &dishes, &people, begin, now).await
}

/// The teacher's classes are those of the first two pupils, who have guardians.
async fn teach(app: &App, school: &School, people: &[roster::Eater]) -> Result<(), Failure> {
    let pupils = people.iter().filter(|eater| !eater.staff).take(2);
    let classes = pupils.filter_map(|eater| eater.class).collect();
    let (id, teacher) = (school.id, school.teacher);
    let grant = NewGrant { classes, ..NewGrant::of(Role::Teacher, Scope::School(id.uuid()), id) };
    let write = move |tx: &mut Tx<'_>| signin::replace_grants(tx, teacher, id, std::slice::from_ref(&grant));
    Ok(app.db.write("demo teacher", write).await?)
}

async fn places(app: &App, now: Timestamp) -> Result<School, Failure> {
    let id = SchoolId::new(app.new_id());
    let nth = move |n: u128| Uuid::from_u128(id.uuid().as_u128() ^ n);
    let campus = CampusId::new(nth(1));
    let canteens = [("第一食堂", 320), ("第二食堂", 240)];
    let stalls = [(0, "套餐窗口"), (0, "面食窗口"), (0, "小炒窗口"), (1, "自选窗口"), (1, "清真窗口"), (1, "水果饮品")];
    let stall_ids: Vec<StallId> = (0..stalls.len()).map(|i| StallId::new(nth(0x300 + i as u128))).collect();
    let made = stall_ids.clone();
    let today = app.now().china_day();
    let write = move |tx: &mut Tx<'_>| {
        let new =
            NewSchool { id, name: "榕城实验中学".into(), short: "榕城实验".into(), number: "35001".into() };
        schools::create_school(tx, &new, now)?;
        for (i, (name, seats)) in (0u128..).zip(canteens) {
            let canteen =
                Canteen { id: CanteenId::new(nth(0x200 + i)), campus, name: name.into(), seats, closed: false };
            schools::add_canteen(tx, id, &canteen)?;
        }
        for ((canteen, name), (number, stall)) in stalls.iter().zip((1..).zip(&made)) {
            let fixed = name.contains("套餐");
            let mut modes = vec![Mode::Dish, Mode::Amount];
            if fixed {
                modes.extend([Mode::Fixed, Mode::Count]);
            }
            let stall = Stall {
                id: *stall,
                canteen: CanteenId::new(nth(0x200 + *canteen as u128)),
                name: (*name).into(),
                number,
                modes,
                fixed_price: fixed.then_some(Cents::new(1_200)),
                closed: false,
            };
            schools::add_stall(tx, id, &stall)?;
        }
        calendar(tx, id, nth, today)?;
        policies::put_policy(tx, id, &SchoolPolicy::default())?;
        schools::bump(tx, id)
    };
    app.db.write("demo school", write).await?;
    let (admin, teacher, cashiers) = users(app, id, &stall_ids).await?;
    Ok(School { id, stalls: stall_ids, cashiers, admin, teacher })
}

/// Four periods on every day of the week, so that the demo sells at whatever hour somebody tries it.
fn calendar(
    tx: &mut Tx<'_>,
    school: SchoolId,
    nth: impl Fn(u128) -> Uuid,
    today: BusinessDay,
) -> Result<(), crate::plumbing::db::DbError> {
    let periods = [
        ("早餐", "Breakfast", 0, 600),
        ("午餐", "Lunch", 600, 900),
        ("晚餐", "Dinner", 900, 1230),
        ("夜宵", "Night snack", 1230, 1440),
    ];
    for (i, (zh, en, start, end)) in (2u128..).zip(periods) {
        let period = MealPeriod {
            id: MealPeriodId::new(nth(i)),
            name_zh: zh.into(),
            name_en: en.into(),
            start,
            end,
            weekdays: [true; 7],
            fixed_price: None,
            free: false,
        };
        schools::put_period(tx, school, &period)?;
    }
    let year = if today.month() >= 8 { today.year() } else { today.year() - 1 };
    let day = |y: i32, m: u8, d: u8| BusinessDay::new(y, m, d).expect("a day of the school year exists");
    let name = |half: &str| format!("{year}-{} 学年{half}学期", year + 1);
    schools::add_term(tx, school, day(year, 8, 25), day(year + 1, 1, 31), &name("第一"))?;
    schools::add_term(tx, school, day(year + 1, 2, 1), day(year + 1, 8, 24), &name("第二"))?;
    for holiday in 1..=7 {
        schools::add_special_day(tx, school, day(year, 10, holiday), "holiday", "国庆节")?;
    }
    schools::add_special_day(tx, school, day(year + 1, 1, 1), "holiday", "元旦")
}

async fn users(app: &App, school: SchoolId, stalls: &[StallId]) -> Result<(UserId, UserId, Vec<UserId>), Failure> {
    let whole = |role| vec![NewGrant::of(role, Scope::School(school.uuid()), school)];
    let operator = NewGrant::of(Role::OperatorAdmin, Scope::Operator, SchoolId::new(Uuid::nil()));
    let mut admin_grants = whole(Role::SchoolAdmin);
    admin_grants.push(operator);
    let mut all = vec![
        ("admin".to_owned(), "陈校长", admin_grants),
        ("finance".to_owned(), "林会计", whole(Role::Finance)),
        // Refunds need a second person.
        ("finance2".to_owned(), "何出纳", whole(Role::Finance)),
        ("manager".to_owned(), "黄经理", whole(Role::CanteenManager)),
        ("teacher".to_owned(), "郑老师", whole(Role::Teacher)),
    ];
    let names = ["王阿姨", "李师傅", "张阿姨", "吴师傅", "马师傅", "周阿姨"];
    for (i, (stall, name)) in (1..).zip(stalls.iter().zip(names)) {
        let grant = NewGrant::of(Role::Cashier, Scope::Stall(stall.uuid()), school);
        all.push((format!("cashier{i}"), name, vec![grant]));
    }
    let nobody = UserId::new(Uuid::nil());
    let (mut admin, mut teacher, mut cashiers) = (nobody, nobody, Vec::new());
    for (username, name, grants) in all {
        let id = UserId::new(app.new_id());
        match username.as_str() {
            "admin" => admin = id,
            "teacher" => teacher = id,
            cashier if cashier.starts_with("cashier") => cashiers.push(id),
            _ => {}
        }
        let finance = username.starts_with("finance");
        let new = NewUser { id, username, name: name.into(), password: PASSWORD.into(), grants };
        let made = signin::create_user(app, new).await;
        made.map_err(|problem| format!("the demo's user can't be made: {}", problem.code()))?;
        if finance {
            let enrolled = signin::enrol_totp(app, id, TOTP_SECRET).await;
            enrolled.map_err(|problem| format!("the demo's second factor: {}", problem.code()))?;
        }
    }
    Ok((admin, teacher, cashiers))
}
