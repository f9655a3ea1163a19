//! An entry: what moved, of which kind, with postings that sum to zero, and the hash that seals it.

use crate::Account;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, StallId, Timestamp};

/// Postings of one entry at the most: every wallet, arrears, and the other side.
pub const POSTINGS_MAX: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    Purchase,
    Topup,
    Reversal,
    Opening,
    Adjustment,
    /// A channel took money that nobody waited for any more: into suspense.
    Late,
    /// A refund through a channel sets its money aside.
    Refund,
    /// The channel gave it back to the payer.
    RefundSent,
    /// The channel could not: it is back where it was.
    RefundReturned,
    /// One side of a transfer within a family.
    Transfer,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Purchase,
        Kind::Topup,
        Kind::Reversal,
        Kind::Opening,
        Kind::Adjustment,
        Kind::Late,
        Kind::Refund,
        Kind::RefundSent,
        Kind::RefundReturned,
        Kind::Transfer,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Purchase => "purchase",
            Kind::Topup => "topup",
            Kind::Reversal => "reversal",
            Kind::Opening => "opening",
            Kind::Adjustment => "adjustment",
            Kind::Late => "late",
            Kind::Refund => "refund",
            Kind::RefundSent => "refund_sent",
            Kind::RefundReturned => "refund_returned",
            Kind::Transfer => "transfer",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    pub account: Account,
    pub amount: Cents,
}

/// Postings that were checked: they sum to zero, none is zero, no account stands twice.
/// An identity-only purchase moves nothing and has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Postings(Vec<Posting>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("the postings sum to {0}, not to zero")]
    Unbalanced(Cents),
    #[error("the sum of the postings is too large")]
    TooLarge,
    #[error("an account stands twice in one entry")]
    Repeated,
    #[error("a posting of nothing")]
    Empty,
    #[error("more than {POSTINGS_MAX} postings")]
    TooMany,
    #[error("the text of the postings is not in our form")]
    Malformed,
}

impl Postings {
    pub fn new(postings: Vec<Posting>) -> Result<Postings, EntryError> {
        if postings.len() > POSTINGS_MAX {
            return Err(EntryError::TooMany);
        }
        let sum = Cents::sum(postings.iter().map(|p| p.amount)).map_err(|_| EntryError::TooLarge)?;
        if !sum.is_zero() {
            return Err(EntryError::Unbalanced(sum));
        }
        if postings.iter().any(|p| p.amount.is_zero()) {
            return Err(EntryError::Empty);
        }
        let repeated = postings.iter().enumerate().any(|(i, p)| postings[..i].iter().any(|q| q.account == p.account));
        if repeated { Err(EntryError::Repeated) } else { Ok(Postings(postings)) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Posting> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The exact opposite: what a reversal books.
    pub fn negated(&self) -> Result<Postings, EntryError> {
        let opposite = |p: &Posting| p.amount.negated().map(|amount| Posting { account: p.account, amount });
        self.0.iter().map(opposite).collect::<Result<_, _>>().map(Postings).map_err(|_| EntryError::TooLarge)
    }

    /// Whether these give back exactly what `of` moved: every account the opposite, and every person the opposite in
    /// sum, since what was eaten on arrears and repaid meanwhile goes back into a wallet.
    pub fn give_back(&self, of: &Postings) -> bool {
        let mut left: BTreeMap<Owner, i128> = BTreeMap::new();
        for posting in self.0.iter().chain(&of.0) {
            let owner = posting.account.person().map_or(Owner::Account(posting.account), Owner::Person);
            *left.entry(owner).or_default() += i128::from(posting.amount.fen());
        }
        left.values().all(|sum| *sum == 0)
    }

    /// The kept form, a JSON array that anyone can read: `[["wallet/…/0",-1250],["merchant/…",1250]]`.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(2 + self.0.len() * 64);
        text.push('[');
        for (i, posting) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(text, "{comma}[\"{}\",{}]", posting.account, posting.amount.fen()).expect("a String takes any text");
        }
        text.push(']');
        text
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Account(Account),
    Person(PersonId),
}

impl FromStr for Postings {
    type Err = EntryError;

    /// Reads only the form that `text` writes; the checks of `new` are made again.
    fn from_str(text: &str) -> Result<Postings, EntryError> {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or(EntryError::Malformed)?;
        if inner.is_empty() {
            return Ok(Postings::default());
        }
        let inner = inner.strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or(EntryError::Malformed)?;
        let read = |part: &str| {
            let (account, fen) = part.strip_prefix('"')?.split_once("\",")?;
            let amount: i64 = fen.parse().ok()?;
            (amount.to_string() == fen)
                .then_some(Posting { account: account.parse().ok()?, amount: Cents::new(amount) })
        };
        let postings = inner.split("],[").map(read).collect::<Option<Vec<_>>>().ok_or(EntryError::Malformed)?;
        Postings::new(postings)
    }
}

/// An entry as it is kept. Immutable: a mistake is corrected by another entry that names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub school: SchoolId,
    pub id: EntryId,
    pub kind: Kind,
    pub day: BusinessDay,
    pub at: Timestamp,
    pub booked_at: Timestamp,
    pub person: Option<PersonId>,
    pub stall: Option<StallId>,
    pub amount: Cents,
    pub postings: Postings,
    pub corrects: Option<EntryId>,
    /// The person's entry before this one: the statement is read along this chain.
    pub previous: Option<EntryId>,
    /// What was bought or paid, as JSON text: sealed by the hash, opaque to the ledger.
    pub detail: String,
}

impl Entry {
    /// SHA-256 over every column in one unambiguous form (each part with its length before it).
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"yitong entry v1");
        hash.update(self.school.uuid().as_bytes());
        hash.update(self.id.uuid().as_bytes());
        part(&mut hash, self.kind.word().as_bytes());
        hash.update(self.day.number().to_be_bytes());
        hash.update(self.at.ms().to_be_bytes());
        hash.update(self.booked_at.ms().to_be_bytes());
        optional(&mut hash, self.person.map(PersonId::uuid));
        optional(&mut hash, self.stall.map(StallId::uuid));
        hash.update(self.amount.fen().to_be_bytes());
        part(&mut hash, self.postings.text().as_bytes());
        optional(&mut hash, self.corrects.map(EntryId::uuid));
        optional(&mut hash, self.previous.map(EntryId::uuid));
        part(&mut hash, self.detail.as_bytes());
        hash.finalize().into()
    }
}

fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn optional<Id: AsRef<[u8]>>(hash: &mut Sha256, id: Option<Id>) {
    match id {
        Some(id) => {
            hash.update([1]);
            hash.update(id.as_ref());
        }
        None => hash.update([0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WalletSlot;
    use proptest::prelude::*;

    fn person(n: u128) -> PersonId {
        PersonId::new(uuid::Uuid::from_u128(n))
    }

    fn posting(account: Account, fen: i64) -> Posting {
        Posting { account, amount: Cents::new(fen) }
    }

    fn cash(n: u128, fen: i64) -> Posting {
        posting(Account::Wallet(person(n), WalletSlot::CASH), fen)
    }

    fn check(name: &str, postings: Vec<Posting>, expected: Result<(), EntryError>) {
        assert_eq!(Postings::new(postings).map(|_| ()), expected, "{name}");
    }

    #[test]
    fn what_an_entry_may_hold() {
        check("nothing moves", vec![], Ok(()));
        check("cash desk to wallet", vec![cash(1, 500), posting(Account::CashDesk, -500)], Ok(()));
        check("one side only", vec![cash(1, 500)], Err(EntryError::Unbalanced(Cents::new(500))));
        check("a fen missing", vec![cash(1, 500), cash(2, -499)], Err(EntryError::Unbalanced(Cents::new(1))));
        check("the same account twice", vec![cash(1, 5), cash(1, -5)], Err(EntryError::Repeated));
        check("a posting of nothing", vec![cash(1, 0)], Err(EntryError::Empty));
        check("too large", vec![cash(1, i64::MAX), cash(2, 1)], Err(EntryError::TooLarge));
    }

    #[test]
    fn only_our_own_text_is_read() {
        for wrong in ["", "[", "[[]]", "[[\"cash-desk\",1]]", "[[\"cash-desk\",+1],[\"opening\",-1]]", "[[\"x\",0]]"] {
            assert!(wrong.parse::<Postings>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_gives_back_what() {
        let moved = |parts: &[(Account, i64)]| {
            let postings = parts.iter().map(|(account, fen)| posting(*account, *fen)).collect();
            Postings::new(postings).expect("balanced")
        };
        let (wallet, later) = (Account::Wallet(person(1), WalletSlot::CASH), Account::Arrears(person(1)));
        let lunch = moved(&[(wallet, -300), (later, -200), (Account::CashDesk, 500)]);
        let back = |parts: &[(Account, i64)]| moved(parts).give_back(&lunch);
        assert!(lunch.negated().expect("small").give_back(&lunch));
        assert!(back(&[(wallet, 500), (Account::CashDesk, -500)]), "the arrears were repaid meanwhile");
        assert!(!back(&[(wallet, 300), (Account::CashDesk, -300)]), "too little");
        assert!(!back(&[(wallet, 500), (Account::Opening, -500)]), "from somebody else");
        assert!(!back(&[(Account::Wallet(person(2), WalletSlot::CASH), 500), (Account::CashDesk, -500)]), "to another");
        assert!(!lunch.give_back(&lunch));
    }

    fn entry() -> Entry {
        Entry {
            school: SchoolId::new(uuid::Uuid::from_u128(1)),
            id: EntryId::new(uuid::Uuid::from_u128(2)),
            kind: Kind::Topup,
            day: BusinessDay::new(2026, 11, 24).expect("a day"),
            at: Timestamp::from_ms(3),
            booked_at: Timestamp::from_ms(4),
            person: Some(person(1)),
            stall: None,
            amount: Cents::new(500),
            postings: Postings::new(vec![cash(1, 500), posting(Account::CashDesk, -500)]).expect("balanced"),
            corrects: None,
            previous: None,
            detail: "{}".into(),
        }
    }

    #[test]
    fn the_hash_covers_every_column() {
        let base = entry();
        let other = EntryId::new(uuid::Uuid::from_u128(9));
        let altered = [
            Entry { school: SchoolId::new(uuid::Uuid::from_u128(9)), ..base.clone() },
            Entry { id: other, ..base.clone() },
            Entry { kind: Kind::Adjustment, ..base.clone() },
            Entry { day: base.day.plus_days(1), ..base.clone() },
            Entry { at: Timestamp::from_ms(9), ..base.clone() },
            Entry { booked_at: Timestamp::from_ms(9), ..base.clone() },
            Entry { person: None, ..base.clone() },
            Entry { stall: Some(StallId::new(uuid::Uuid::from_u128(9))), ..base.clone() },
            Entry { amount: Cents::new(501), ..base.clone() },
            Entry { postings: Postings::default(), ..base.clone() },
            Entry { corrects: Some(other), ..base.clone() },
            Entry { previous: Some(other), ..base.clone() },
            Entry { detail: "{ }".into(), ..base.clone() },
        ];
        for changed in altered {
            assert_ne!(changed.hash(), base.hash(), "{changed:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_opposite_keep_the_sum(amounts in proptest::collection::vec(1i64..1_000_000, 1..8)) {
            let mut postings: Vec<_> = amounts.iter().enumerate().map(|(i, fen)| cash(i as u128 + 1, *fen)).collect();
            postings.push(posting(Account::CashDesk, -amounts.iter().sum::<i64>()));
            let postings = Postings::new(postings).expect("balanced");
            prop_assert_eq!(&postings.text().parse::<Postings>().expect("our own text"), &postings);
            prop_assert_eq!(&postings.negated().and_then(|p| p.negated()).expect("small"), &postings);
        }
    }
}
