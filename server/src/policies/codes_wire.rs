//! The part of the policy that is about codes: its shape on the wire, and its limits.

use super::policy::CodePolicy;
use crate::plumbing::http::{Money, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yitong_code::LIFE_HOURS_MAX;

/// What a code carries: whole yuan up to 200 in one use, five yuan each up to 500 in all, up to 40 uses.
const USE_CAP_MAX: i64 = 20_000;
const TOTAL_CAP_MAX: i64 = 50_000;
const USES_MAX: i64 = 40;
const WINDOW_S_MAX: i64 = 3_600;
/// A number is no proof: low.
const CARD_CAP_MAX: i64 = 10_000;

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyCodes)]
#[serde(deny_unknown_fields)]
pub(super) struct CodesWire {
    /// Whether pupils may show a code on a phone.
    pupils_phone: bool,
    /// Whether staff may.
    staff_phone: bool,
    /// What a phone's code may spend without a network: in one use (whole yuan), in all uses (steps of ¥5), and uses.
    phone_use_cap: Money,
    phone_total_cap: Money,
    phone_uses: i64,
    /// Hours, 1 to 48, that a phone can do without a network.
    phone_life_h: i64,
    /// The same person at two canteens within so many seconds raises an alarm; 0: never.
    copy_window_s: i64,
    /// The same at two stalls of one canteen.
    copy_near_window_s: i64,
    /// Whether the cashier then has to compare the photo.
    copy_photo_check: bool,
    /// What one purchase with the number of a card may cost; 0: they are not taken.
    card_cap: Money,
    /// Whether the cashier has to compare the photo before it is sold.
    card_photo_check: bool,
}

pub(super) fn wire(of: &CodePolicy) -> CodesWire {
    CodesWire {
        pupils_phone: of.pupils_phone,
        staff_phone: of.staff_phone,
        phone_use_cap: Money { fen: of.phone_use_cap },
        phone_total_cap: Money { fen: of.phone_total_cap },
        phone_uses: of.phone_uses,
        phone_life_h: of.phone_life_h,
        copy_window_s: of.copy_window_s,
        copy_near_window_s: of.copy_near_window_s,
        copy_photo_check: of.copy_photo_check,
        card_cap: Money { fen: of.card_cap },
        card_photo_check: of.card_photo_check,
    }
}

pub(super) fn kept(ask: &CodesWire) -> Result<CodePolicy, Problem> {
    let within = |field: &str, n: i64, least: i64, most: i64| {
        let (zh, en) = (format!("须在 {least} 至 {most} 之间。"), format!("It is {least} to {most}."));
        let wrong = || Problem::bad("bad_number", zh, en).field(&format!("codes.{field}"));
        if (least..=most).contains(&n) { Ok(n) } else { Err(wrong()) }
    };
    // A code has one byte for each of these, so they come in steps.
    let stepped = |field: &str, fen: i64, step: i64, most: i64| {
        let (zh, en) = (
            format!("须为 ¥{} 的整数倍，不超过 ¥{}。", step / 100, most / 100),
            format!("A multiple of ¥{}, up to ¥{}.", step / 100, most / 100),
        );
        let wrong = || Problem::bad("bad_amount", zh, en).field(&format!("codes.{field}"));
        if (0..=most).contains(&fen) && fen % step == 0 { Ok(fen) } else { Err(wrong()) }
    };
    Ok(CodePolicy {
        pupils_phone: ask.pupils_phone,
        staff_phone: ask.staff_phone,
        phone_use_cap: stepped("phone_use_cap", ask.phone_use_cap.fen, 100, USE_CAP_MAX)?,
        phone_total_cap: stepped("phone_total_cap", ask.phone_total_cap.fen, 500, TOTAL_CAP_MAX)?,
        phone_uses: within("phone_uses", ask.phone_uses, 0, USES_MAX)?,
        phone_life_h: within("phone_life_h", ask.phone_life_h, 1, i64::from(LIFE_HOURS_MAX))?,
        copy_window_s: within("copy_window_s", ask.copy_window_s, 0, WINDOW_S_MAX)?,
        copy_near_window_s: within("copy_near_window_s", ask.copy_near_window_s, 0, WINDOW_S_MAX)?,
        copy_photo_check: ask.copy_photo_check,
        card_cap: stepped("card_cap", ask.card_cap.fen, 1, CARD_CAP_MAX)?,
        card_photo_check: ask.card_photo_check,
    })
}
