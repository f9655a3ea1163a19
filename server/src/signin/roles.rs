//! Roles are bundles of permissions, in one list.

use super::Permission::{self, *};
use super::Scope;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    OperatorAdmin,
    SchoolAdmin,
    Finance,
    CanteenManager,
    Cashier,
    Teacher,
    Auditor,
}

impl Role {
    pub const ALL: [Role; 7] = [
        Role::OperatorAdmin,
        Role::SchoolAdmin,
        Role::Finance,
        Role::CanteenManager,
        Role::Cashier,
        Role::Teacher,
        Role::Auditor,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Role::OperatorAdmin => "operator_admin",
            Role::SchoolAdmin => "school_admin",
            Role::Finance => "finance",
            Role::CanteenManager => "canteen_manager",
            Role::Cashier => "cashier",
            Role::Teacher => "teacher",
            Role::Auditor => "auditor",
        }
    }

    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Who moves money signs in with a second factor; until then the role gives nothing.
    pub fn needs_second_factor(self) -> bool {
        self == Role::Finance
    }

    /// Of guardians the role sees those of its classes alone, which are named where it is granted.
    pub fn of_classes(self) -> bool {
        self == Role::Teacher
    }

    /// Where a role can be granted. Most permissions mean the whole school: given at a canteen they would still open
    /// all of it, so only the roles whose routes look at the place may be given below the school.
    pub fn fits(self, scope: Scope) -> bool {
        match self {
            Role::OperatorAdmin => !scope.below_school(),
            Role::CanteenManager | Role::Cashier => true,
            Role::SchoolAdmin | Role::Finance | Role::Teacher | Role::Auditor => scope.whole_school(),
        }
    }

    pub fn permissions(self) -> Vec<Permission> {
        let all = || Permission::ALL.iter().copied();
        match self {
            Role::OperatorAdmin => all().collect(),
            Role::SchoolAdmin => {
                // Keys and refunds of channels are money, and so is what a till may lend: finance, with its second
                // factor.
                let finance = [Operate, LedgerClose, PaymentsManage, RefundsAsk, RefundsApprove, TerminalsLend];
                all().filter(|p| !finance.contains(p)).collect()
            }
            Role::Finance => vec![
                WalletsRead,
                WalletsManage,
                TopupsMake,
                TopupsRead,
                PurchasesRead,
                PurchasesUndo,
                LedgerRead,
                LedgerClose,
                SalesRead,
                PeopleRead,
                PoliciesRead,
                AuditRead,
                BindingsRead,
                ComplaintsAnswer,
                NoticesRead,
                PaymentsRead,
                PaymentsManage,
                RefundsAsk,
                RefundsApprove,
                TerminalsRead,
                TerminalsLend,
            ],
            Role::CanteenManager => vec![
                MenuRead,
                MenuEdit,
                SalesRead,
                PurchasesRead,
                PurchasesUndo,
                PoliciesRead,
                TerminalsRead,
                TerminalsManage,
            ],
            Role::Cashier => vec![CounterSell, MenuRead, PurchasesUndo],
            Role::Teacher => vec![PeopleRead, CredentialsRead, BindingsRead, BindingsApprove],
            Role::Auditor => all().filter(|p| p.word().ends_with(".read")).collect(),
        }
    }
}
