//! Proof of the books: every balance, total, chain and root is computed again from the entries alone and compared.

use super::ledger_store::{self as store, ReadEntry};
use crate::plumbing::db::{Db, DbError, Tx};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;
use yitong_ledger::{Account, DayChain, Entry, Root, WALLETS_MAX};
use yitong_values::{BusinessDay, EntryId, PersonId, SchoolId};

/// Enough to see what was done; a database that is altered all over needs no longer list.
pub const FINDINGS_MAX: usize = 100;
const PAGE_ENTRIES: i64 = 4_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub schools: u64,
    pub entries: u64,
    pub postings: u64,
    pub days: u64,
    pub accounts: u64,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn ok(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that does not agree, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub zh: String,
    pub en: String,
    pub entry: Option<EntryId>,
    pub day: Option<BusinessDay>,
    pub account: Option<String>,
}

/// Verifies one school, or all of them, on one unmoving picture of the database.
pub async fn verify(db: &Db, school: Option<SchoolId>) -> Result<Report, DbError> {
    db.read(move |tx| verify_in(tx, school)).await
}

/// The same on a transaction, or on a copy that no server has open.
pub fn verify_in(tx: &mut Tx<'_>, school: Option<SchoolId>) -> Result<Report, DbError> {
    let mut report = Report::default();
    guards_in_place(tx, &mut report)?;
    let schools = match school {
        Some(school) => vec![school],
        None => store::schools_with_books(tx)?,
    };
    for school in schools {
        Books::new(school).verify(tx, &mut report)?;
        report.schools += 1;
    }
    Ok(report)
}

fn find(report: &mut Report, zh: String, en: String) -> Option<&mut Finding> {
    if report.findings.len() >= FINDINGS_MAX {
        return None;
    }
    report.findings.push(Finding { zh, en, entry: None, day: None, account: None });
    report.findings.last_mut()
}

fn find_entry(report: &mut Report, id: EntryId, zh: &str, en: &str) {
    if let Some(finding) = find(report, format!("账目 {id}：{zh}"), format!("Entry {id}: {en}")) {
        finding.entry = Some(id);
    }
}

/// The database's own refusals to change an entry must still be there.
fn guards_in_place(tx: &mut Tx<'_>, report: &mut Report) -> Result<(), DbError> {
    let missing = store::missing_guards(tx)?;
    for guard in missing {
        let zh = format!("数据库的保护规则 {guard} 已被删除，账目可能被改动过。");
        let en = format!("The database's guard {guard} was removed; entries may have been altered.");
        find(report, zh, en);
    }
    Ok(())
}

/// What one person's account must be.
#[derive(Clone, Default)]
struct Person {
    wallets: [i64; WALLETS_MAX],
    arrears: i64,
    /// All ids of the person's entries and all their predecessors, each folded by exclusive or: what is left over is
    /// the head of the chain, whatever the order in which they are read.
    chain: u128,
    entries: u64,
}

struct Books {
    school: SchoolId,
    persons: HashMap<PersonId, Person>,
    totals: BTreeMap<(i64, String), (i64, i64, i64)>,
    days: BTreeMap<BusinessDay, DayChain>,
}

impl Books {
    fn new(school: SchoolId) -> Books {
        Books { school, persons: HashMap::new(), totals: BTreeMap::new(), days: BTreeMap::new() }
    }

    fn verify(mut self, tx: &mut Tx<'_>, report: &mut Report) -> Result<(), DbError> {
        let mut after = EntryId::new(Uuid::nil());
        loop {
            let page = store::entries_after(tx, self.school, after, PAGE_ENTRIES)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for read in page {
                self.take(tx, read, report)?;
            }
        }
        self.compare_accounts(tx, report)?;
        self.compare_totals(tx, report)?;
        self.compare_days(tx, report)
    }

    fn take(&mut self, tx: &mut Tx<'_>, read: ReadEntry, report: &mut Report) -> Result<(), DbError> {
        report.entries += 1;
        let entry = match read.entry {
            Ok(entry) => entry,
            Err(why) => {
                find_entry(
                    report,
                    read.id,
                    &format!("无法读取（{why}），已被改动。"),
                    &format!("can't be read: {why}."),
                );
                return Ok(());
            }
        };
        if entry.hash()[..] != read.hash[..] {
            find_entry(
                report,
                entry.id,
                "内容与其哈希不符，已被改动。",
                "its columns do not match its hash; it was altered.",
            );
        }
        if let Some(corrected) = entry.corrects {
            self.check_reversal(tx, &entry, corrected, report)?;
        }
        self.add(&entry, &read.hash, report);
        Ok(())
    }

    fn check_reversal(
        &self,
        tx: &mut Tx<'_>,
        entry: &Entry,
        corrected: EntryId,
        report: &mut Report,
    ) -> Result<(), DbError> {
        let of = store::find_entry(tx, self.school, corrected)?;
        let gives_back = of.and_then(|of| of.entry.ok()).is_some_and(|of| entry.postings.give_back(&of.postings));
        if !gives_back {
            let (zh, en) = ("与所更正的账目不相反。", "it does not give back what it corrects.");
            find_entry(report, entry.id, zh, en);
        }
        Ok(())
    }

    fn add(&mut self, entry: &Entry, hash: &[u8], report: &mut Report) {
        if let Some(person) = entry.person {
            let person = self.persons.entry(person).or_default();
            person.chain ^= entry.id.uuid().as_u128() ^ entry.previous.map_or(0, |id| id.uuid().as_u128());
            person.entries += 1;
        }
        for posting in entry.postings.iter() {
            report.postings += 1;
            let fen = posting.amount.fen();
            let name = match posting.account {
                Account::Wallet(person, slot) => {
                    self.persons.entry(person).or_default().wallets[slot.index()] += fen;
                    "wallets".to_owned()
                }
                Account::Arrears(person) => {
                    self.persons.entry(person).or_default().arrears -= fen;
                    "arrears".to_owned()
                }
                account => account.to_string(),
            };
            let total = self.totals.entry((entry.day.number(), name)).or_default();
            *total = (total.0 + 1, total.1 + (-fen).max(0), total.2 + fen.max(0));
        }
        self.days.entry(entry.day).or_insert_with(|| DayChain::open(entry.day)).add(hash, entry.amount);
    }

    fn compare_accounts(&mut self, tx: &mut Tx<'_>, report: &mut Report) -> Result<(), DbError> {
        let mut after = PersonId::new(Uuid::nil());
        loop {
            let page = store::accounts_after(tx, self.school, after, PAGE_ENTRIES)?;
            let Some(last) = page.last() else { break };
            after = last.person;
            for state in page {
                report.accounts += 1;
                let must = self.persons.remove(&state.person).unwrap_or_default();
                let head = state.last_entry.map_or(0, |id| id.uuid().as_u128());
                let wallets = state.wallets.map(|wallet| wallet.fen());
                let name = state.person.to_string();
                if wallets != must.wallets || state.arrears.fen() != must.arrears {
                    let zh = format!("人员 {name} 的余额或延迟扣款与其账目不符（应为 {:?}）。", must.wallets);
                    let en = format!(
                        "The balance or arrears of person {name} differ from the entries ({:?}).",
                        must.wallets
                    );
                    if let Some(finding) = find(report, zh, en) {
                        finding.account = Some(name.clone());
                    }
                }
                if head != must.chain {
                    let zh = format!("人员 {name} 的账目链断开（{} 笔）。", must.entries);
                    let en = format!("The chain of the {} entries of person {name} is broken.", must.entries);
                    if let Some(finding) = find(report, zh, en) {
                        finding.account = Some(name);
                    }
                }
            }
        }
        for person in self.persons.keys() {
            let (zh, en) =
                (format!("人员 {person} 有账目而无账户。"), format!("Person {person} has entries and no account."));
            find(report, zh, en);
        }
        Ok(())
    }

    fn compare_totals(&mut self, tx: &mut Tx<'_>, report: &mut Report) -> Result<(), DbError> {
        let kept: BTreeMap<_, _> = store::day_totals(tx, self.school)?.into_iter().collect();
        let names = kept.keys().chain(self.totals.keys());
        let mut differ: Vec<_> = names.filter(|name| kept.get(name) != self.totals.get(name)).cloned().collect();
        differ.dedup();
        for (day, account) in differ {
            let zh = format!("{day} 科目 {account} 的合计与账目不符。");
            let en = format!("The total of {account} on {day} differs from the entries.");
            if let Some(finding) = find(report, zh, en) {
                finding.account = Some(account);
                finding.day = BusinessDay::from_number(day).ok();
            }
        }
        Ok(())
    }

    fn compare_days(&mut self, tx: &mut Tx<'_>, report: &mut Report) -> Result<(), DbError> {
        let mut previous = Root::FIRST;
        for closed in store::closed_days(tx, self.school)? {
            report.days += 1;
            let chain = self.days.remove(&closed.day).unwrap_or_else(|| DayChain::open(closed.day));
            let (entries, amount) = (chain.entries() as i64, chain.amount());
            let root = chain.close(previous);
            if (closed.entries, closed.amount, closed.previous, closed.root) != (entries, amount, previous, root) {
                let zh = format!("{} 的日结根哈希与账目不符：有账目被改动、删除或添加。", closed.day);
                let en = format!("The root of {} differs: an entry was altered, removed or added.", closed.day);
                if let Some(finding) = find(report, zh, en) {
                    finding.day = Some(closed.day);
                }
            }
            // The kept root goes on, so that one altered day does not make all later ones look altered.
            previous = closed.root;
        }
        Ok(())
    }
}
