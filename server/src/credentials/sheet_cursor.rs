//! Where the reading of a sheet was left. It is sealed: who holds one has read a first page, which was kept in the
//! audit trail, so that the pages after it need no line of their own.

use super::store::PrintScope;
use crate::plumbing::seal::Seal;
use uuid::Uuid;
use yitong_values::{CredentialId, SchoolId, Timestamp, UserId};

/// Time enough for a large school over a slow line; then the next look is one of its own.
const SHEET_READ_MS_MAX: i64 = 60 * 60 * 1000;
const TIME_BYTES: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// When the first page was read.
    pub(super) started: Timestamp,
    pub(super) last: CredentialId,
}

/// Whose cursor it is, and of which sheet. For anybody or anything else it can't be opened.
pub(super) struct Place {
    pub(super) school: SchoolId,
    pub(super) user: UserId,
    pub(super) scope: PrintScope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stale {
    Other,
    Late,
}

impl Place {
    fn text(&self) -> String {
        let PrintScope { class, person, batch } = self.scope;
        format!("sheet.cursor/{}/{}/{class:?}/{person:?}/{batch:?}", self.school, self.user)
    }
}

impl Cursor {
    pub(super) fn text(&self, seal: &Seal, place: &Place) -> String {
        let plain = [self.started.ms().to_be_bytes().as_slice(), self.last.uuid().as_bytes()].concat();
        hex::encode(seal.seal(&place.text(), &plain))
    }

    pub(super) fn open(seal: &Seal, place: &Place, text: &str, now: Timestamp) -> Result<Cursor, Stale> {
        let sealed = hex::decode(text).map_err(|_| Stale::Other)?;
        let plain = seal.open(&place.text(), &sealed).map_err(|_| Stale::Other)?;
        let (time, last) = plain.split_at_checked(TIME_BYTES).ok_or(Stale::Other)?;
        let started = Timestamp::from_ms(i64::from_be_bytes(time.try_into().map_err(|_| Stale::Other)?));
        let last = CredentialId::new(Uuid::from_slice(last).map_err(|_| Stale::Other)?);
        if now.since(started) > SHEET_READ_MS_MAX { Err(Stale::Late) } else { Ok(Cursor { started, last }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_person_one_sheet_and_one_hour() {
        let seal = Seal::from_key(&[7; 32]);
        let id = |n: u128| Uuid::from_u128(n);
        let place = |user: u128, class: Option<Uuid>| Place {
            school: SchoolId::new(id(1)),
            user: UserId::new(id(user)),
            scope: PrintScope { class, person: None, batch: None },
        };
        let at = |ms: i64| Timestamp::from_ms(1_800_000_000_000 + ms);
        let cursor = Cursor { started: at(0), last: CredentialId::new(id(9)) };
        let text = cursor.text(&seal, &place(2, None));
        let open = |text: &str, place: Place, ms: i64| Cursor::open(&seal, &place, text, at(ms));
        assert_eq!(open(&text, place(2, None), SHEET_READ_MS_MAX), Ok(cursor));
        assert_eq!(open(&text, place(2, None), SHEET_READ_MS_MAX + 1), Err(Stale::Late));
        assert_eq!(open(&text, place(3, None), 1), Err(Stale::Other), "somebody else's");
        assert_eq!(open(&text, place(2, Some(id(5))), 1), Err(Stale::Other), "of another class");
        assert_eq!(open(&text[..text.len() - 2], place(2, None), 1), Err(Stale::Other), "cut");
        assert_eq!(open("x", place(2, None), 1), Err(Stale::Other), "no cursor at all");
    }
}
