//! Selling, whoever asks: a cashier's page or a terminal. From what was entered to the answer of the lane.

use super::ask::{Ask, Basis, Payer, Picked, Sent};
use super::book::answered_before;
use super::counter_http::{fixed_price, own_stall};
use super::outcome::{KeptItem, Outcome};
use crate::App;
use crate::credentials;
use crate::menu::{DishRow, Menu};
use crate::people::{self, CardState};
use crate::plumbing::db::DbError;
use crate::plumbing::http::Problem;
use crate::schools::{Canteen, Facts, Stall, facts_of};
use crate::signin::Scope;
use std::sync::Arc;
use yitong_code::Reason;
use yitong_purchase::{Counter, GRAMS_MAX, Malformed, Open, PricedLine, weighed};
use yitong_rules::{CredentialState, Mode};
use yitong_values::{Cents, DishId, EntryId, PersonId, SchoolId, StallId, Timestamp, UserId};

/// How far a counter's clock may be from ours before it is told.
const CLOCK_DRIFT_MAX_MS: i64 = 5 * 60_000;
/// How long a sale that was not answered may be asked again: a counter that could not reach us through a whole lunch
/// still gets its answer.
const SALE_LATE_MAX_MS: i64 = 12 * 3_600_000;
/// Reading what changed again and asking once more is enough unless it changes without pause.
const STALE_TRIES: usize = 4;

/// A purchase as a counter asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Selling<'a> {
    pub school: SchoolId,
    pub id: EntryId,
    pub stall: StallId,
    /// Where the asker may sell.
    pub scopes: &'a [Scope],
    pub payer: Shown<'a>,
    pub mode: &'a str,
    pub items: &'a [Picked],
    /// What the customer was shown.
    pub amount: Option<Cents>,
    pub at: Timestamp,
    /// The counter's clock when it asked.
    pub sent_at: Timestamp,
    pub collect_later: bool,
    pub duplicate_confirmed: bool,
    pub photo_checked: bool,
    pub cashier: UserId,
}

/// What the counter has of the payer.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// The text of a code.
    Code(&'a str),
    /// Picked by the cashier.
    Person(PersonId),
    /// The number of a card: it names, and proves nothing.
    Card(&'a str),
}

impl Selling<'_> {
    pub fn digest(&self) -> [u8; 16] {
        let text = match self.payer {
            Shown::Code(code) => code.trim().to_owned(),
            Shown::Person(person) => person.to_string(),
            Shown::Card(number) => format!("card {number}"),
        };
        Ask::digest_of(&Sent {
            stall: self.stall,
            payer: &text,
            mode: self.mode,
            items: self.items,
            amount: self.amount,
            at: self.at,
            collect_later: self.collect_later,
        })
    }
}

/// Sells, or gives the first answer when this name was asked before.
pub async fn sell(app: &App, asked: &Selling<'_>) -> Result<(Outcome, Arc<Facts>), Problem> {
    let (school, id, digest) = (asked.school, asked.id, asked.digest());
    match book(app, asked, digest).await {
        // The menu, a price or the clock may stand in the way now; what this name was answered with still stands.
        Err(problem) if problem.is_refusal() => {
            let before = app.db.read(move |tx| answered_before(tx, school, id, &digest)).await?;
            Ok((before.ok_or(problem)?, facts_of(app, school).await?))
        }
        booked => booked,
    }
}

/// Checks the counter's clock and the payer, and hands the purchase to its lane.
async fn book(app: &App, asked: &Selling<'_>, digest: [u8; 16]) -> Result<(Outcome, Arc<Facts>), Problem> {
    let now = app.now();
    let mode = Mode::from_word(asked.mode).ok_or_else(|| malformed(Malformed::ModeNotAtThisStall))?;
    in_time(now, asked.at, asked.sent_at)?;
    let (payer, use_order) = match asked.payer {
        Shown::Card(number) => (card_payer(app, asked, number).await?, None),
        Shown::Person(person) => (Payer::Person(person), None),
        Shown::Code(code) => code_payer(app, asked.school, code.trim(), asked.at).await?,
    };
    let request = Request { asked, mode, payer, use_order, now, digest };
    // A refusal by what is in memory is believed only when it was read again.
    if let Some(basis) = Basis::in_memory(app, asked.school)
        && let Ok(ask) = request.ask(&basis)
    {
        let outcome = app.lanes.book(ask).await?;
        if outcome != Outcome::Stale {
            return Ok((outcome, basis.facts));
        }
    }
    for _ in 0..STALE_TRIES {
        let basis = Basis::of_now(app, asked.school).await?;
        let outcome = app.lanes.book(request.ask(&basis)?).await?;
        if outcome != Outcome::Stale {
            return Ok((outcome, basis.facts));
        }
    }
    Err(DbError::Conflict.into())
}

/// A purchase as it was asked for, with the payer known.
struct Request<'a> {
    asked: &'a Selling<'a>,
    mode: Mode,
    payer: Payer,
    use_order: Option<i64>,
    now: Timestamp,
    digest: [u8; 16],
}

impl Request<'_> {
    /// With the stall's way of selling and the prices of the menu.
    fn ask(&self, basis: &Basis) -> Result<Ask, Problem> {
        let (asked, facts) = (self.asked, &basis.facts);
        let (stall, canteen) = own_stall(facts, asked.scopes, asked.stall.uuid())?;
        if stall.closed {
            return Err(Problem::conflict("stall_closed", "此档口已停用。", "The stall is closed.").field("stall"));
        }
        let (lines, kept) = tray(&basis.menu, stall, canteen, asked.items)?;
        let place = Counter {
            stall: stall.id,
            canteen: canteen.id,
            modes: &stall.modes,
            fixed_price: fixed_price(facts, stall, asked.at),
        };
        let open = Open::new(&place, self.mode, &lines, asked.amount, asked.at).map_err(malformed)?;
        Ok(Ask {
            school: asked.school,
            id: asked.id,
            stall: stall.id,
            payer: self.payer,
            use_order: self.use_order,
            mode: self.mode,
            open,
            items: serde_json::to_string(&kept).unwrap_or_else(|_| "[]".into()),
            collect_later: asked.collect_later,
            duplicate_confirmed: asked.duplicate_confirmed,
            photo_checked: asked.photo_checked,
            cashier: asked.cashier,
            now: self.now,
            digest: self.digest,
            basis: basis.clone(),
        })
    }
}

type Tray = (Vec<PricedLine>, Vec<KeptItem>);

/// The tray with the prices that the counter showed. A price that changed since is never charged.
fn tray(menu: &Menu, stall: &Stall, canteen: &Canteen, items: &[Picked]) -> Result<Tray, Problem> {
    let (mut lines, mut kept) = (Vec::new(), Vec::new());
    for (i, item) in items.iter().enumerate() {
        let (id, revision) = (item.dish, item.revision);
        let field = format!("items[{i}].dish");
        let dish = menu.dishes.get(&DishId::new(id)).filter(|dish| dish.sold_at(stall.id, canteen.id));
        let dish = dish.ok_or_else(|| {
            Problem::bad(
                "dish_not_sold",
                "此档口不售该菜品，请刷新菜单。",
                "The dish is not sold here; reload the menu.",
            )
            .field(&field)
        })?;
        if dish.revision_id.uuid() != revision {
            let zh = format!("“{}”的价格已变为 ¥{}，请刷新菜单后重新确认。", dish.name, dish.price);
            let en = format!("The price of “{}” is ¥{} now; reload the menu.", dish.name, dish.price);
            return Err(Problem::conflict("price_changed", zh, en).field(&field).with("price", dish.price.fen()));
        }
        let (name, price, count) = portion(dish, item).map_err(|problem| problem.field(&field))?;
        let (d, r, n, p) = (id, revision, name, price.fen());
        kept.push(KeptItem { d, r, n, c: count, p });
        lines.push(PricedLine { category: dish.category.clone(), allergens: dish.allergens.clone(), price, count });
    }
    Ok((lines, kept))
}

/// What a dish is called on the tray, what one of it costs, and how many there are. A weighed portion is one of its own
/// price, rounded as the counter rounds it.
fn portion(dish: &DishRow, item: &Picked) -> Result<(String, Cents, u32), Problem> {
    match (dish.weighed, item.grams) {
        (false, None) => Ok((dish.name.clone(), dish.price, item.count)),
        (false, Some(_)) => {
            let (zh, en) = ("该菜品不按重量卖，请刷新菜单。", "The dish is not sold by weight; reload the menu.");
            Err(Problem::bad("not_by_weight", zh, en))
        }
        (true, None) => {
            let (zh, en) = ("该菜品按重量卖，请放到秤上。", "The dish is sold by weight: put it on the scale.");
            Err(Problem::bad("weight_missing", zh, en))
        }
        (true, Some(grams)) => {
            let one = weighed(dish.price, grams).filter(|_| (1..=GRAMS_MAX).contains(&grams));
            let price = one.and_then(|one| one.times(i64::from(item.count)).ok());
            let (zh, en) = ("重量须为 1 克至 50 公斤。", "A weight is 1 g to 50 kg.");
            let price = price.ok_or_else(|| Problem::bad("bad_weight", zh, en))?;
            Ok((format!("{} {grams}g", dish.name), price, 1))
        }
    }
}

/// The payer, with the signature of a code verified here: in the request's own task, never in the writer. And which
/// use of a phone it is. A dynamic code is judged by the moment of the sale: a counter that could not reach us asks
/// later.
async fn code_payer(app: &App, school: SchoolId, code: &str, at: Timestamp) -> Result<(Payer, Option<i64>), Problem> {
    let refused = |state| Ok((Payer::Refused(state), None));
    let seconds = |reason: Reason| i32::try_from(reason.seconds().unwrap_or(0)).unwrap_or(i32::MAX);
    match app.credentials.verify(&app.db, school, code, at).await? {
        Ok(verified) => {
            let order = verified.use_order().and_then(|order| i64::try_from(order).ok());
            Ok((Payer::Serial(verified.serial()), order))
        }
        Err(Reason::NotACampusCode) => match credentials::legacy_serial(&app.db, school, code, at).await? {
            Some(serial) => Ok((Payer::Serial(serial), None)),
            None => refused(CredentialState::Unknown),
        },
        Err(Reason::Expired | Reason::KeyNotValidNow) => refused(CredentialState::Expired),
        Err(why @ Reason::Stale { .. }) => refused(CredentialState::Stale { seconds: seconds(why) }),
        Err(why @ Reason::FromTheFuture { .. }) => refused(CredentialState::Stale { seconds: -seconds(why) }),
        Err(_) => refused(CredentialState::Unknown),
    }
}

/// Whom a card's number names. It can be copied, so it buys little, and somebody has compared the photo.
async fn card_payer(app: &App, asked: &Selling<'_>, number: &str) -> Result<Payer, Problem> {
    let policy = app.policies.get(&app.db, asked.school).await?;
    let codes = &policy.school.codes;
    let no = |code: &'static str, zh: &str, en: &str| Err(Problem::conflict(code, zh, en).field("payer"));
    let (school, hash) = (asked.school, people::card_hash(&app.seal, asked.school, number));
    let holder = app.db.read(move |tx| people::card_holder(tx, school, &hash)).await?;
    if codes.card_cap == 0 {
        return no(
            "card_not_taken",
            "本校不用卡号付款，请出示二维码。",
            "Card numbers are not taken here; show the code.",
        );
    }
    let person = match holder {
        Some(holder) if holder.state == CardState::Active => holder.person,
        Some(holder) if holder.state == CardState::Lost => {
            return no("card_lost", "此卡已挂失，请留下此卡。", "The card was reported lost; keep it.");
        }
        _ => return no("card_unknown", "此卡未登记。", "The card is not known."),
    };
    if asked.amount.is_none_or(|amount| amount > Cents::new(codes.card_cap)) {
        let cap = Cents::new(codes.card_cap);
        let (zh, en) =
            (format!("刷卡每次最多 ¥{cap}，请出示二维码。"), format!("A card buys ¥{cap} at most; show the code."));
        return no("over_card_cap", &zh, &en);
    }
    if codes.card_photo_check && !asked.photo_checked {
        return no("photo_not_checked", "请先核对照片。", "Compare the photo first.");
    }
    Ok(Payer::Person(person))
}

/// The counter's clock is right now, and the sale is not from the future or from another day's lunch.
fn in_time(now: Timestamp, at: Timestamp, sent_at: Timestamp) -> Result<(), Problem> {
    if now.since(sent_at).abs() > CLOCK_DRIFT_MAX_MS || at.since(sent_at) > 0 {
        let zh = "收银设备的时间与服务器相差超过 5 分钟，请校准时间。";
        let en = "The counter's clock is more than 5 minutes off; set its time.";
        return Err(Problem::bad("clock_drift", zh, en).field("at").with("server_time", now.to_string()));
    }
    if now.since(at) > SALE_LATE_MAX_MS {
        let zh = "这笔消费已超过 12 小时，未入账。请核对后重新结算。";
        let en = "The sale is more than 12 hours old and was not booked. Check it and sell again.";
        return Err(Problem::bad("sale_too_late", zh, en).field("at").with("server_time", now.to_string()));
    }
    Ok(())
}

fn malformed(why: Malformed) -> Problem {
    match why {
        Malformed::NothingOnTheTray => {
            Problem::bad("empty_tray", "还没有菜品。", "There is nothing on the tray.").field("items")
        }
        Malformed::TooManyLines => {
            Problem::bad("too_many_lines", "一次最多 60 种菜品。", "At most 60 dishes at once.").field("items")
        }
        Malformed::BadCount => Problem::bad("bad_count", "份数为 1 至 99。", "A count is 1 to 99.").field("items"),
        Malformed::BadAmount => {
            Problem::bad("bad_amount", "金额须大于 0。", "An amount is above zero.").field("amount")
        }
        Malformed::AmountDiffers { sum } => {
            let (zh, en) = (
                format!("金额与菜品合计 ¥{sum} 不符，请刷新菜单。"),
                format!("The amount differs from the sum of ¥{sum}; reload the menu."),
            );
            Problem::conflict("amount_differs", zh, en).field("amount").with("sum", sum.fen())
        }
        Malformed::ModeNotAtThisStall => {
            Problem::bad("bad_mode", "此档口不使用该计价方式。", "The stall does not sell in this way.").field("mode")
        }
    }
}
