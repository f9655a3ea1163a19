//! Which terminals believe each other while nobody hears us: those that stand in one canteen, with the machine of now,
//! under a key that whoever left never had.

use super::authority::authority;
use super::store::Standing;
use crate::App;
use crate::plumbing::db::DbError;
use crate::schools::Facts;
use yitong_sync::relay::{Circle, NEIGHBOURS_MAX, Neighbour, RelayKey, SealedCircle};
use yitong_values::StallId;

const KEY: &str = "relay key 1";

/// Signed for the terminals of this stall's canteen. `left`: how many machines of the school were revoked or replaced;
/// with each the key becomes another.
pub(super) async fn circle(
    app: &App,
    facts: &Facts,
    stall: StallId,
    (standing, left): (&[Standing], i64),
) -> Result<Option<SealedCircle>, DbError> {
    let Some((_, canteen)) = facts.stall(stall) else { return Ok(None) };
    let authority = authority(app, facts.school).await?;
    let here = |of: &&Standing| facts.stall(of.stall).is_some_and(|(_, other)| other.id == canteen.id);
    let neighbour = |of: &Standing| Neighbour {
        terminal: of.terminal,
        journal: of.journal,
        key: of.key,
        stall: of.stall,
        name: of.name.clone(),
    };
    let message = [canteen.id.uuid().as_bytes().as_slice(), &left.to_be_bytes()].concat();
    let circle = Circle {
        school: facts.school,
        canteen: canteen.id,
        key: RelayKey::from_bytes(authority.secret(KEY, &message)),
        neighbours: standing.iter().filter(here).take(NEIGHBOURS_MAX).map(neighbour).collect(),
    };
    Ok(Some(SealedCircle::seal(&circle, &authority)))
}
