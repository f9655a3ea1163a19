//! Whether a message about money is still true when its turn comes: it may have waited through the night, and somebody
//! may have topped up meanwhile.

use crate::notices::{Kept, Kind, State};
use crate::plumbing::db::{DbError, Tx};
use crate::wallets;

/// Has messages that wait looked at again.
pub fn look_again(notices: &State) {
    notices.look_again(Kind::LowBalance, still_low);
    notices.look_again(Kind::Arrears, still_to_collect);
}

fn still_low(tx: &mut Tx<'_>, of: &Kept) -> Result<bool, DbError> {
    let line = of.params.get("line").and_then(|fen| fen.parse::<i64>().ok());
    let (Some(line), Some(school), Some(person)) = (line, of.school, of.about) else { return Ok(true) };
    let account = wallets::load_account(tx, school, person)?;
    Ok(account.is_some_and(|account| account.balance().fen() < line))
}

fn still_to_collect(tx: &mut Tx<'_>, of: &Kept) -> Result<bool, DbError> {
    let (Some(school), Some(person)) = (of.school, of.about) else { return Ok(true) };
    let account = wallets::load_account(tx, school, person)?;
    Ok(account.is_some_and(|account| !account.arrears.is_zero()))
}
