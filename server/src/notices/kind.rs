//! What messages are about: one closed list.

macro_rules! kinds {
    ($($name:ident = $word:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($name,)* }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];

            pub fn word(self) -> &'static str {
                match self { $(Kind::$name => $word,)* }
            }

            pub fn from_word(word: &str) -> Option<Kind> {
                Kind::ALL.iter().copied().find(|kind| kind.word() == word)
            }
        }
    };
}

kinds! {
    SignInCode = "sign_in_code",
    Purchase = "purchase",
    PurchaseUndone = "purchase_undone",
    Topup = "topup",
    TopupLate = "topup_late",
    AutoTopup = "auto_topup",
    AutoTopupRefused = "auto_topup_refused",
    Refund = "refund",
    LowBalance = "low_balance",
    Arrears = "arrears",
    MealMissed = "meal_missed",
    LossReported = "loss_reported",
    Frozen = "frozen",
    BindingAsked = "binding_asked",
    BindingAnswered = "binding_answered",
    DataReportAnswered = "data_report_answered",
    ComplaintAnswered = "complaint_answered",
    CopyAlarm = "copy_alarm",
    MailCode = "mail_code",
    ComplaintMade = "complaint_made",
    DataReportMade = "data_report_made",
    BindingRequested = "binding_requested",
    RefundAsked = "refund_asked",
    PaymentAlarm = "payment_alarm",
}

impl Kind {
    /// Sent at any hour: what somebody waits for now, safety, and money that did not arrive.
    pub fn any_hour(self) -> bool {
        use Kind::{CopyAlarm, Frozen, LossReported, PaymentAlarm, TopupLate};
        self.is_code() || matches!(self, CopyAlarm | Frozen | LossReported | TopupLate | PaymentAlarm)
    }

    /// Carries a code that nobody but who reads at the address may see.
    pub fn is_code(self) -> bool {
        matches!(self, Kind::SignInCode | Kind::MailCode)
    }

    /// The inbox always has it: money, bindings and safety are a guardian's right to know. A code is never in an inbox,
    /// and users choose about all of their work.
    pub fn inbox_fixed(self) -> bool {
        use Kind::{ComplaintAnswered, DataReportAnswered, MealMissed};
        let chosen = self.is_code() || super::staff::permission(self).is_some();
        !chosen && !matches!(self, MealMissed | DataReportAnswered | ComplaintAnswered)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_is_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(*kind));
        }
        assert_eq!(Kind::from_word("lunch"), None);
    }
}
