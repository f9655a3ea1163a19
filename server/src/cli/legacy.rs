//! `yitong code import-legacy`: another system's printed cards go on working. Its private key, when there is one, is
//! read here once, and never kept: terminals know the cards by a hash.

use std::path::Path;
use std::process::ExitCode;
use yitong::credentials::{self, LegacyCard, TakeOver, TakenOver};
use yitong::plumbing::clock::Clock;
use yitong::plumbing::db::Db;
use yitong::schools;
use yitong_legacy::{Entry, Known, PrivateKey, Profile, Reader, Source, entries};
use yitong_values::BusinessDay;

type Failed = Box<dyn std::error::Error>;

/// Lines of one kind that are named; the rest are counted.
const LINES_SHOWN: usize = 20;

pub struct Ask<'a> {
    pub school: &'a str,
    pub profile: &'a str,
    pub key: Option<&'a Path>,
    pub last_day: Option<&'a str>,
    pub list: &'a Path,
    pub mode: TakeOver,
}

pub async fn run(db: &Db, ask: &Ask<'_>) -> Result<ExitCode, Failed> {
    let number = ask.school.to_owned();
    let found = db.read(move |tx| schools::school_by_number(tx, &number)).await?;
    let (school, name) =
        found.ok_or_else(|| format!("没有编号为 {0} 的学校。\nThere is no school with the number {0}.", ask.school))?;
    let profile = Profile::from_words(ask.profile).map_err(|why| format!("{}\n{}", why.zh(), why.en()))?;
    let last_day = ask.last_day.map(|text| {
        let wrong = format!("--last-day {text}：应写作 2029-08-31。\n--last-day {text}: it is written 2029-08-31.");
        text.parse::<BusinessDay>().map_err(|_| wrong)
    });
    let text = std::fs::read_to_string(ask.list).map_err(|why| {
        let list = ask.list.display();
        format!(
            "无法读取 {list}（{why}）；文件应为 UTF-8 编码的 CSV。\n{list} can't be read ({why}); it is a CSV in UTF-8."
        )
    })?;
    let (read, problems) = rows(profile, ask.key, &text)?;
    let (cards, undated) = cards(read, last_day.transpose()?);
    let begun = cards.len();
    let told = |done: usize| eprint!("\r{done} / {begun}");
    let done = credentials::take_over(db, school, &cards, ask.mode, Clock::System.now(), told).await?;
    eprintln!();
    println!("{name}（{}）", ask.school);
    for problem in problems.iter().take(LINES_SHOWN) {
        println!("✗ {}\n  {}", problem.zh(), problem.en());
    }
    if problems.len() > LINES_SHOWN {
        println!("✗ 另有 {0} 行未能读取。\n  {0} more lines could not be read.", problems.len() - LINES_SHOWN);
    }
    lines("没有有效期，请用 --last-day 指明", "no last day: give one with --last-day", &undated);
    Ok(report(&done, ask.mode, problems.is_empty() && undated.is_empty()))
}

type Rows = (Vec<Entry>, Vec<yitong_legacy::RowProblem>);

fn rows(profile: Profile, key: Option<&Path>, text: &str) -> Result<Rows, Failed> {
    let mut chance = yitong_legacy::rand_core::UnwrapErr(getrandom::SysRng);
    let Some(path) = key else { return Ok(entries(Source::Sealed(&profile), text, &mut chance)) };
    let pem = std::fs::read_to_string(path).map_err(|why| {
        format!("无法读取私钥 {0}（{why}）。\nThe private key {0} can't be read ({why}).", path.display())
    })?;
    let key = PrivateKey::from_pem(&pem).map_err(|why| format!("{}\n{}", why.zh(), why.en()))?;
    let reader = Reader::new(profile, Some(key)).map_err(|why| format!("{}\n{}", why.zh(), why.en()))?;
    Ok(entries(Source::Readable(&reader), text, &mut chance))
}

/// With the last day of each; and the lines of those that have none.
fn cards(read: Vec<Entry>, last_day: Option<BusinessDay>) -> (Vec<LegacyCard>, Vec<usize>) {
    let (mut cards, mut undated) = (Vec::with_capacity(read.len()), Vec::new());
    for Entry { line, text, known } in read {
        let (student, said) = match known {
            Known::Fields(fields) => {
                let day = fields.expiry;
                let written = format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
                (fields.student.as_str().to_owned(), written.parse().ok())
            }
            Known::Student(student) => (student, None),
        };
        match said.or(last_day) {
            Some(last_day) => cards.push(LegacyCard { line, text, student, last_day }),
            None => undated.push(line),
        }
    }
    (cards, undated)
}

fn lines(zh: &str, en: &str, lines: &[usize]) {
    if lines.is_empty() {
        return;
    }
    let named: Vec<_> = lines.iter().take(LINES_SHOWN).map(ToString::to_string).collect();
    let more = if lines.len() > LINES_SHOWN { " …" } else { "" };
    println!("✗ {} 行{zh}：{}{more}\n  {} lines: {en}", lines.len(), named.join(" "), lines.len());
}

fn report(done: &TakenOver, mode: TakeOver, whole: bool) -> ExitCode {
    lines("学号在本校不存在", "nobody has this number", &done.nobody);
    lines("已离校或停用", "the person has left or is suspended", &done.left);
    lines("已过有效期", "the card has expired", &done.expired);
    match mode {
        TakeOver::LookOnly => {
            println!("将接管 {} 张卡，已接管过 {} 张。确认后加 --apply 执行。", done.taken, done.known);
            println!("{} cards would be taken over, {} were before. Add --apply to do it.", done.taken, done.known);
        }
        TakeOver::Apply => {
            println!("✓ 已接管 {} 张卡，之前已接管 {} 张。", done.taken, done.known);
            println!("✓ {} cards were taken over, {} had been before.", done.taken, done.known);
        }
    }
    println!(
        "旧码是固定文字，拍照即可复制；请尽快换印新码。\nA legacy code is a constant text that a photo copies: print new ones."
    );
    match whole && done.nobody.is_empty() && done.left.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
