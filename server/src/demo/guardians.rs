//! Two guardians of the demo's first pupils, and papers for the next ones, so that binding can be tried.

use super::roster::Eater;
use super::{Failure, School};
use crate::App;
use crate::guardians::{self, Paper, Relation, bind_by_paper, child_on_paper};
use crate::plumbing::db::Tx;

/// Known, as the password is. An O is read as a zero.
const PAPERS: [&str; 3] = ["DEMO-2026-0001", "DEMO-2026-0002", "DEMO-2026-0003"];
/// Those that bind the guardians below; used at once.
const USED: [&str; 3] = ["DEMO-USED-0001", "DEMO-USED-0002", "DEMO-USED-0003"];
pub(super) const PHONES: [&str; 2] = ["13800000001", "13800000002"];
const DAYS: i64 = 60;

/// The mother of two pupils, and the father of the first.
pub(super) async fn put(app: &App, school: &School, people: &[Eater]) -> Result<(), Failure> {
    let pupils: Vec<_> = people.iter().filter(|eater| !eater.staff).map(|eater| eater.id).collect();
    if pupils.len() < 2 + PAPERS.len() {
        return Ok(());
    }
    let expires_at = app.now().china_day().plus_days(DAYS).start();
    let of = [pupils[0], pupils[1], pupils[0]].into_iter().zip(USED).chain(pupils[2..].iter().copied().zip(PAPERS));
    let paper = |(person, code): (_, &str)| Paper {
        school: school.id,
        person,
        code: code.into(),
        made_by: school.admin,
        expires_at,
    };
    let papers: Vec<_> = of.map(paper).collect();
    guardians::put_papers(app, &papers).await?;
    let [mother, father] = PHONES;
    for (who, relation, code) in [
        ((mother, "林女士"), Relation::Mother, USED[0]),
        ((mother, "林女士"), Relation::Mother, USED[1]),
        ((father, "陈先生"), Relation::Father, USED[2]),
    ] {
        let bound = bind_by_paper(app, who, relation, code).await;
        bound.map_err(|problem| format!("the demo's guardian can't be bound: {}", problem.code()))?;
    }
    Ok(())
}

/// What can be tried: the papers that nobody used yet.
pub(super) async fn tell(app: &App) -> Result<(), Failure> {
    let (seal, now) = (app.seal.clone(), app.now());
    let read = move |tx: &mut Tx<'_>| {
        let found = PAPERS.iter().map(|code| child_on_paper(tx, &seal, code, now));
        found.collect::<Result<Vec<_>, _>>()
    };
    let found = app.db.read(read).await?;
    println!("\n  家长 Guardians (phone): {}", PHONES.join(", "));
    for (code, child) in PAPERS.iter().zip(found) {
        let Some((name, number)) = child else { continue };
        println!("    绑定码 binding code {code}   姓名 name {name}   学号 number {number}");
    }
    Ok(())
}
