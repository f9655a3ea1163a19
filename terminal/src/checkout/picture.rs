//! The picture that the screens draw: everything of it, at each change. Money is fen, moments are ms UTC.

use super::act::{CounterMode, Language};
use super::rest::RecentState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who looks. The customer's screen is told what a customer may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Screen {
    Operator,
    Customer,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Idle,
    Pricing,
    Present,
    Deciding,
    Question,
    Result,
    /// Not enrolled, or never heard from the school.
    Setup,
    /// It can't record, so it can't sell.
    Broken,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResultKind {
    Paid,
    Refused,
    Undone,
    Balance,
    Failed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    Online,
    Offline,
    /// Nothing was ever heard from the school.
    Never,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LinkView {
    pub state: LinkState,
    pub since: i64,
    pub last_sync: Option<i64>,
    /// Records of the journal that the server does not have.
    pub unsent: u64,
    /// Of these, sales that only this terminal knows.
    pub unsent_sales: u32,
    pub oldest_unsent: Option<i64>,
    pub mirror_age_ms: i64,
    pub clock_doubt: bool,
    /// Other terminals of the canteen that are heard.
    pub neighbours: usize,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LeaseView {
    pub left: i64,
    pub expires_at: i64,
    pub count_left: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct ShopView {
    pub school: String,
    pub canteen: String,
    pub stall: String,
    pub terminal: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PeriodView {
    pub id: Uuid,
    pub zh: String,
    pub en: String,
    /// Minutes since midnight, the first one after.
    pub ends: u16,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CashierView {
    pub id: Uuid,
    pub name: String,
    /// A number is asked for.
    pub pin: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ShiftView {
    pub since: i64,
    pub sales: u32,
    pub total: i64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ClosedView {
    pub sales: u32,
    pub total: i64,
    pub counted: i64,
    pub expected: i64,
    pub difference: i64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineView {
    pub key: String,
    pub name: String,
    pub name_en: String,
    pub count: u32,
    pub price: i64,
    pub amount: i64,
    pub grams: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DishView {
    pub id: Uuid,
    pub name: String,
    pub name_en: String,
    pub category: String,
    pub price: i64,
    pub barcode: String,
    pub available: bool,
    pub weighed: bool,
}

/// The customer's screen has the mask and the balance only.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct PayerView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub name_mask: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_mask: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub photo: bool,
    pub balance: Option<i64>,
    pub arrears: Option<i64>,
    pub allergens: Vec<String>,
    pub marks: Vec<WordsView>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct WordsView {
    pub zh: String,
    pub en: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ChoiceView {
    /// What to answer with.
    pub act: String,
    pub zh: String,
    pub en: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    Duplicate,
    Photo,
    Person,
    Period,
    CollectLater,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct QuestionView {
    pub kind: QuestionKind,
    pub zh: String,
    pub en: String,
    pub seconds_ago: Option<u32>,
    pub choices: Vec<ChoiceView>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ResultView {
    pub kind: ResultKind,
    pub zh: String,
    pub en: String,
    pub detail_zh: String,
    pub detail_en: String,
    pub amount: i64,
    pub balance_after: Option<i64>,
    pub arrears_after: Option<i64>,
    pub offline: bool,
    /// Names of clips, in their order.
    pub speak: Vec<String>,
    pub until: i64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RecentView {
    pub purchase: Uuid,
    pub at: i64,
    pub amount: i64,
    pub name_mask: String,
    pub state: RecentState,
    pub undoable_until: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    Scanner,
    Keypad,
    Nfc,
    Printer,
    Drawer,
    Scale,
    Light,
    Buzzer,
}

impl DeviceKind {
    pub fn word(self) -> &'static str {
        match self {
            DeviceKind::Scanner => "scanner",
            DeviceKind::Keypad => "keypad",
            DeviceKind::Nfc => "nfc",
            DeviceKind::Printer => "printer",
            DeviceKind::Drawer => "drawer",
            DeviceKind::Scale => "scale",
            DeviceKind::Light => "light",
            DeviceKind::Buzzer => "buzzer",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceStatus {
    Ready,
    Absent,
    Trouble,
}

impl DeviceStatus {
    pub fn word(self) -> &'static str {
        match self {
            DeviceStatus::Ready => "ready",
            DeviceStatus::Absent => "absent",
            DeviceStatus::Trouble => "trouble",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DeviceView {
    pub kind: DeviceKind,
    pub name: String,
    pub state: DeviceStatus,
    pub zh: String,
    pub en: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ScaleView {
    pub grams: u32,
    pub stable: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BatteryView {
    pub percent: u8,
    pub charging: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AlarmView {
    pub code: String,
    pub zh: String,
    pub en: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RosterView {
    pub class: Uuid,
    pub people: Vec<RosterPerson>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ClassView {
    pub id: Uuid,
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RosterPerson {
    pub person: Uuid,
    pub name: String,
    pub ticked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Asking {
    /// It only shows its balance.
    Balance,
}

/// How the terminal gets to know its school.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct SetupView {
    /// The server is being asked.
    pub busy: bool,
    /// Why the last try did not work; it stays until the next one.
    pub wrong: Option<WordsView>,
}

/// What stands around the sale: the agent knows it, the state machine does not.
#[derive(Clone, Debug)]
pub struct Around {
    pub enrolled: bool,
    pub setup: SetupView,
    /// The journal can't be written.
    pub broken: bool,
    pub link: LinkView,
    pub lease: Option<LeaseView>,
    pub devices: Vec<DeviceView>,
    pub battery: Option<BatteryView>,
    pub alarms: Vec<AlarmView>,
    /// Classes that can be ticked off.
    pub classes: Vec<ClassView>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct View {
    pub seq: u64,
    pub screen: Phase,
    /// While the terminal is not enrolled.
    pub setup: Option<SetupView>,
    pub now: i64,
    pub language: Language,
    pub training: bool,
    pub link: LinkView,
    pub lease: Option<LeaseView>,
    pub shop: ShopView,
    pub period: Option<PeriodView>,
    /// The clock is in doubt: which of these is it?
    pub period_asked: Option<Vec<PeriodView>>,
    pub cashier: Option<CashierView>,
    pub cashiers: Vec<CashierView>,
    pub shift: Option<ShiftView>,
    pub closed: Option<ClosedView>,
    pub mode: CounterMode,
    pub modes: Vec<CounterMode>,
    pub keyed: String,
    pub total: i64,
    pub lines: Vec<LineView>,
    /// Left out while it is as it was in the view before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dishes: Option<Vec<DishView>>,
    pub dishes_version: u64,
    pub payer: Option<PayerView>,
    pub question: Option<QuestionView>,
    pub result: Option<ResultView>,
    pub recent: Vec<RecentView>,
    pub found: Vec<PayerView>,
    pub roster: Option<RosterView>,
    pub classes: Vec<ClassView>,
    pub devices: Vec<DeviceView>,
    pub scale: Option<ScaleView>,
    /// A dish waits for the scale to come to rest.
    pub weighing: Option<Uuid>,
    pub battery: Option<BatteryView>,
    /// What the next code is for, when it is not for paying.
    pub asking: Option<Asking>,
    /// A screen of the customer's side is open: it speaks.
    pub customer_screen: bool,
    pub notices: Vec<WordsView>,
    pub volume: u8,
    pub alarms: Vec<AlarmView>,
}
