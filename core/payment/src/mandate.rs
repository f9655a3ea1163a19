//! A mandate from its asking to its end. Only a signed one may be debited; what was ended stays ended, whatever an old
//! call-back says.

use crate::order::words;

words! {
    MandateState {
        /// Written down; the channel's page was not shown yet.
        Init = "init",
        /// The page was shown: somebody may agree any moment.
        Signing = "signing",
        /// Debits may rest on it.
        Signed = "signed",
        /// Signed, and not to be used for now, says who signed it.
        Suspended = "suspended",
        /// To be ended: no debit rests on it from here on, also while the channel is silent.
        Ending = "ending",
        Terminated = "terminated",
        /// Nobody agreed in time.
        Expired = "expired",
    }
}

impl MandateState {
    /// Whether the channel is still to be asked about it.
    pub fn is_open(self) -> bool {
        use MandateState::{Ending, Init, Signing};
        matches!(self, Init | Signing | Ending)
    }

    /// Whether it was agreed to and not ended.
    pub fn is_alive(self) -> bool {
        matches!(self, MandateState::Signed | MandateState::Suspended)
    }
}

/// What a channel said about a mandate, after it was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateSaid {
    /// No answer, or none that was understood.
    Nothing,
    /// It does not know the number. `final_word`: so long after it was shown that nobody can agree any more.
    Absent {
        final_word: bool,
    },
    /// Shown, and not agreed to.
    Waiting {
        final_word: bool,
    },
    Signed,
    Ended,
    /// It refused to begin, in explicit words.
    Refused,
}

/// The next state. Hearing the same again changes nothing.
pub fn hear_mandate(state: MandateState, said: MandateSaid) -> MandateState {
    use MandateState::{Ending, Expired, Init, Signed, Signing, Suspended, Terminated};
    match (state, said) {
        (_, MandateSaid::Nothing) | (Terminated, _) => state,
        // Who agreed late has agreed; who did not is too late.
        (Expired, MandateSaid::Signed) => Signed,
        (Expired, _) => Expired,
        (Init | Signing, MandateSaid::Signed) => Signed,
        (Init | Signing, MandateSaid::Ended | MandateSaid::Refused) => Expired,
        (Init | Signing, MandateSaid::Absent { final_word } | MandateSaid::Waiting { final_word }) => {
            if final_word {
                Expired
            } else {
                Signing
            }
        }
        // A mandate that was signed and is not known any more has ended.
        (Signed | Suspended, MandateSaid::Ended | MandateSaid::Absent { .. }) => Terminated,
        (Ending, MandateSaid::Ended) => Terminated,
        // Somebody may still stand before the page: until nobody can agree any more, it is not over.
        (Ending, MandateSaid::Absent { final_word: true } | MandateSaid::Waiting { final_word: true }) => Terminated,
        (Signed | Suspended | Ending, _) => state,
    }
}

/// What the one who signed, or the school, wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Suspend,
    Resume,
    End,
}

/// `None`: it can't be done to a mandate in this state.
pub fn wish(state: MandateState, wish: Wish) -> Option<MandateState> {
    use MandateState::{Ending, Expired, Init, Signed, Signing, Suspended, Terminated};
    match (state, wish) {
        (Signed | Suspended, Wish::Suspend) => Some(Suspended),
        (Signed | Suspended, Wish::Resume) => Some(Signed),
        // One that nobody has agreed to may be agreed to yet: it is asked about, and ended if it was.
        (Init | Signing | Signed | Suspended | Ending, Wish::End) => Some(Ending),
        (Terminated | Expired, Wish::End) => Some(state),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MandateState::{Ending, Expired, Init, Signed, Signing, Suspended, Terminated};
    use proptest::prelude::*;

    #[test]
    fn a_mandate_goes_its_way() {
        let check = |from, said, to| assert_eq!(hear_mandate(from, said), to, "{from:?} {said:?}");
        check(Init, MandateSaid::Waiting { final_word: false }, Signing);
        check(Signing, MandateSaid::Signed, Signed);
        check(Signing, MandateSaid::Absent { final_word: true }, Expired);
        check(Signing, MandateSaid::Refused, Expired);
        check(Expired, MandateSaid::Signed, Signed);
        check(Signed, MandateSaid::Ended, Terminated);
        check(Suspended, MandateSaid::Signed, Suspended);
        check(Ending, MandateSaid::Signed, Ending);
        check(Ending, MandateSaid::Absent { final_word: false }, Ending);
        check(Ending, MandateSaid::Absent { final_word: true }, Terminated);
        check(Terminated, MandateSaid::Signed, Terminated);
        assert_eq!(wish(Signed, Wish::Suspend), Some(Suspended));
        assert_eq!(wish(Suspended, Wish::Resume), Some(Signed));
        assert_eq!(wish(Signing, Wish::Suspend), None);
        assert_eq!(wish(Signing, Wish::End), Some(Ending));
        assert_eq!(wish(Terminated, Wish::Resume), None);
    }

    fn said() -> impl Strategy<Value = MandateSaid> {
        prop_oneof![
            Just(MandateSaid::Nothing),
            any::<bool>().prop_map(|final_word| MandateSaid::Absent { final_word }),
            any::<bool>().prop_map(|final_word| MandateSaid::Waiting { final_word }),
            Just(MandateSaid::Signed),
            Just(MandateSaid::Ended),
            Just(MandateSaid::Refused),
        ]
    }

    proptest! {
        #[test]
        fn what_was_ended_is_never_debited_again(heard in proptest::collection::vec(said(), 0..20), at in 0usize..20) {
            let mut state = Init;
            let mut ended = false;
            for (n, said) in heard.iter().enumerate() {
                state = hear_mandate(state, *said);
                if n == at && !matches!(state, Expired) {
                    state = wish(state, Wish::End).unwrap();
                    ended = true;
                }
                prop_assert!(!ended || !state.is_alive(), "{state:?}");
                prop_assert_eq!(MandateState::from_word(state.word()), Some(state));
            }
        }

        #[test]
        fn hearing_the_same_again_changes_nothing(heard in proptest::collection::vec(said(), 0..20)) {
            let mut state = Init;
            for said in heard {
                state = hear_mandate(state, said);
                prop_assert_eq!(hear_mandate(state, said), state);
            }
        }
    }
}
