//! Each kind of id is a type. Ids are UUIDv7: made at the edge, in time order, kept through retries.

use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id_kinds {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn new(id: Uuid) -> $name { $name(id) }
            pub const fn uuid(self) -> Uuid { self.0 }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> $name { $name(id) }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid { id.0 }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<$name, uuid::Error> { text.parse().map($name) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}({})", stringify!($name), self.0) }
        }
    )*};
}

// One alphabetical list; a kind is added, never renamed.
id_kinds! {
    /// A change that somebody made, in the audit trail.
    AuditId,
    /// A guardian tied to a person (绑定).
    BindingId,
    /// A site of a school (校区).
    CampusId,
    CanteenId,
    /// A merchant number of a payment channel (支付渠道账户).
    ChannelAccountId,
    /// A class of pupils (班级).
    ClassId,
    /// What a guardian objects to about a purchase.
    ComplaintId,
    /// A guardian's yes or no to one purpose.
    ConsentId,
    /// What a person shows: a printed code, later a card or a face.
    CredentialId,
    /// Wrong data that a guardian told the school about.
    DataReportId,
    DishId,
    /// One revision of a dish: its name and price as they were at a time.
    DishRevisionId,
    DistrictId,
    /// A movement of money in the ledger. A purchase, a top-up and a reversal are entries.
    EntryId,
    /// An adult tied to students (家长/监护人).
    GuardianId,
    /// Somebody's agreement at a channel to debits without asking each time (委托代扣).
    MandateId,
    MealPeriodId,
    /// A message to one person.
    NoticeId,
    /// Who runs many schools (服务商).
    OperatorId,
    /// One request to a payment channel (支付单).
    PaymentOrderId,
    /// A student, a member of staff or a visitor.
    PersonId,
    /// A change to many people that is shown first and applied after: an import, a promotion.
    PlanId,
    /// Codes that were issued together under one signing key.
    PrintBatchId,
    /// Money given back through a payment channel (退款).
    RefundId,
    SchoolId,
    SessionId,
    StallId,
    /// A counter machine, as the school knows it: its devices may be swapped (消费机).
    TerminalId,
    /// Somebody who signs in.
    UserId,
}
