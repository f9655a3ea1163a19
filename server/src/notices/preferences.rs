//! Who wants to hear what over which way. Pure: what was chosen, with what holds where nothing was chosen and what
//! can't be chosen away.

use super::{Channel, Kind};
use std::collections::BTreeMap;

/// The inbox or a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Inbox,
    Channel(Channel),
}

impl Way {
    pub fn word(self) -> &'static str {
        match self {
            Way::Inbox => "in_app",
            Way::Channel(channel) => channel.word(),
        }
    }

    pub fn from_word(word: &str) -> Option<Way> {
        if word == "in_app" { Some(Way::Inbox) } else { Channel::from_word(word).map(Way::Channel) }
    }
}

/// The ways that a guardian can switch, as they stand on the page.
pub const GUARDIAN_WAYS: [Way; 6] = [
    Way::Inbox,
    Way::Channel(Channel::Push),
    Way::Channel(Channel::Wechat),
    Way::Channel(Channel::Alipay),
    Way::Channel(Channel::Mail),
    Way::Channel(Channel::Sms),
];

/// The kinds that a guardian can choose about.
pub fn guardian_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !kind.is_code() && super::staff::permission(*kind).is_none())
}

/// An SMS costs money and rings: by default it is for money that is not as it should be, and for safety. That a meal
/// was missed is a guess about a child: nobody hears it who did not ask.
fn by_default(kind: Kind, way: Way) -> bool {
    use Kind::{Arrears, BindingAsked, Frozen, LossReported, LowBalance, MealMissed, Refund, SignInCode, TopupLate};
    match way {
        _ if kind == MealMissed => false,
        Way::Channel(Channel::Sms) => {
            matches!(
                kind,
                SignInCode | Frozen | LossReported | TopupLate | Refund | Arrears | LowBalance | BindingAsked
            )
        }
        _ => true,
    }
}

/// What one person chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences(pub BTreeMap<(Kind, Way), bool>);

impl Preferences {
    pub fn wants(&self, kind: Kind, way: Way) -> bool {
        if Preferences::fixed(kind, way) {
            return true;
        }
        self.0.get(&(kind, way)).copied().unwrap_or_else(|| by_default(kind, way))
    }

    /// Whether the person wants to hear of it at all.
    pub fn wants_any(&self, kind: Kind, ways: &[Way]) -> bool {
        ways.iter().any(|way| self.wants(kind, *way))
    }

    /// Whether it can't be switched off.
    pub fn fixed(kind: Kind, way: Way) -> bool {
        way == Way::Inbox && kind.inbox_fixed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_protects_can_not_be_switched_off() {
        let sms = Way::Channel(Channel::Sms);
        let off = [(Kind::Purchase, Way::Inbox), (Kind::MealMissed, Way::Inbox), (Kind::Frozen, sms)];
        let chosen = Preferences(off.into_iter().map(|choice| (choice, false)).collect());
        assert!(chosen.wants(Kind::Purchase, Way::Inbox));
        assert!(!chosen.wants(Kind::MealMissed, Way::Inbox));
        assert!(!chosen.wants(Kind::Frozen, sms));
        let nothing = Preferences::default();
        assert!(nothing.wants(Kind::Frozen, sms) && !nothing.wants(Kind::Purchase, sms));
        assert!(nothing.wants(Kind::Purchase, Way::Channel(Channel::Push)));
        assert!(!nothing.wants_any(Kind::MealMissed, &GUARDIAN_WAYS));
        let asked = Preferences(BTreeMap::from([((Kind::MealMissed, Way::Channel(Channel::Mail)), true)]));
        assert!(asked.wants_any(Kind::MealMissed, &GUARDIAN_WAYS) && !asked.wants(Kind::MealMissed, Way::Inbox));
        assert!(!Preferences::fixed(Kind::RefundAsked, Way::Inbox), "users choose about all of their work");
    }
}
