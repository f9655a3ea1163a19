//! The permissions, one list: what a role may do, and the marker that a route's guard names.

macro_rules! permissions {
    ($($name:ident = $word:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($name,)* }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$name,)*];

            pub fn word(self) -> &'static str {
                match self { $(Permission::$name => $word,)* }
            }

            pub fn from_word(word: &str) -> Option<Permission> {
                Permission::ALL.iter().copied().find(|p| p.word() == word)
            }
        }

        /// Markers for `Allowed<perm::…>`.
        pub mod perm {
            use super::Permission;
            /// A permission as a type, so that a route's guard is part of its signature.
            pub trait Needed: Send + Sync + 'static { const PERMISSION: Option<Permission>; }
            /// Any grant in the school is enough.
            pub struct AnyGrant;
            impl Needed for AnyGrant { const PERMISSION: Option<Permission> = None; }
            $(pub struct $name; impl Needed for $name { const PERMISSION: Option<Permission> = Some(Permission::$name); })*
        }
    };
}

permissions! {
    AuditRead = "audit.read",
    BindingsApprove = "bindings.approve",
    BindingsManage = "bindings.manage",
    BindingsRead = "bindings.read",
    ComplaintsAnswer = "complaints.answer",
    CounterSell = "counter.sell",
    CredentialsManage = "credentials.manage",
    CredentialsRead = "credentials.read",
    LedgerClose = "ledger.close",
    LedgerRead = "ledger.read",
    MenuEdit = "menu.edit",
    MenuRead = "menu.read",
    NoticesManage = "notices.manage",
    NoticesRead = "notices.read",
    Operate = "operate",
    PaymentsManage = "payments.manage",
    PaymentsRead = "payments.read",
    PeopleEdit = "people.edit",
    PeopleImport = "people.import",
    PeopleRead = "people.read",
    PeopleReveal = "people.reveal",
    PoliciesEdit = "policies.edit",
    PoliciesRead = "policies.read",
    PurchasesRead = "purchases.read",
    PurchasesUndo = "purchases.undo",
    RefundsApprove = "refunds.approve",
    RefundsAsk = "refunds.ask",
    SalesRead = "sales.read",
    SchoolEdit = "school.edit",
    TerminalsLend = "terminals.lend",
    TerminalsManage = "terminals.manage",
    TerminalsRead = "terminals.read",
    TopupsMake = "topups.make",
    TopupsRead = "topups.read",
    UsersManage = "users.manage",
    WalletsManage = "wallets.manage",
    WalletsRead = "wallets.read",
}
