use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);
const HOUR_MS: i64 = 3_600_000;

fn fresh() -> Delivery {
    Delivery::new(Channel::Sms, Uuid::nil(), NOW)
}

fn refused(class: ErrorClass) -> Tried {
    Tried::Answered(Sent::NotSent { class, code: "code".into(), message: "words".into() })
}

fn unknown() -> Tried {
    Tried::Answered(Sent::Unknown { why: "half an answer".into() })
}

fn taken() -> Tried {
    Tried::Answered(Sent::Accepted { provider_id: None })
}

/// State after these tries of one address, and how long until the next, in seconds.
#[track_caller]
fn check(tries: &[Tried], state: State, wait_s: i64) {
    let after = tries.iter().fold(fresh(), |delivery, tried| delivery.after(tried, NOW, 0));
    assert_eq!((after.state, after.next_at.since(NOW) / 1000), (state, wait_s), "{tries:?}");
}

#[test]
fn each_class_of_answer_has_its_consequence() {
    check(&[taken()], State::Accepted, 0);
    check(&[refused(ErrorClass::Permanent)], State::Failed, 0);
    check(&[refused(ErrorClass::AddressGone)], State::Gone, 0);
    check(&[refused(ErrorClass::Throttled { after_s: 60 })], State::Waiting, 60);
    // A limit of the day: the next channel has its turn.
    check(&[refused(ErrorClass::Throttled { after_s: 86_400 })], State::Failed, 0);
    check(&[refused(ErrorClass::Transient)], State::Waiting, 5);
    check(&[refused(ErrorClass::Transient), refused(ErrorClass::Transient)], State::Waiting, 10);
    check(&vec![refused(ErrorClass::Transient); 7], State::Waiting, 320);
    check(&vec![refused(ErrorClass::Transient); 8], State::Failed, 0);
    check(&[Tried::NotSent("nobody there".into())], State::Waiting, 5);
    check(&[unknown()], State::Waiting, 5);
    check(&[unknown(), unknown()], State::Unknown, 0);
    check(&[unknown(), taken()], State::Accepted, 0);
    check(&[Tried::Held { for_ms: 30_000 }], State::Waiting, 30);
    check(&[Tried::Misused("template".into())], State::Failed, 0);
    // Our own patience is not counted as a try.
    assert_eq!(fresh().after(&Tried::Held { for_ms: 1 }, NOW, 0).attempts, 0);
}

fn list(of: &[(Channel, State, i64)]) -> Vec<Delivery> {
    let one = |(i, (channel, state, after_s)): (usize, &(Channel, State, i64))| Delivery {
        channel: *channel,
        address: Uuid::from_u128(i as u128),
        state: *state,
        attempts: 0,
        next_at: NOW.plus_ms(after_s * 1000),
    };
    of.iter().enumerate().map(one).collect()
}

#[test]
fn channels_have_their_turn_one_after_the_other() {
    use Channel::{Push, Sms, Wechat};
    use State::{Accepted, Failed, Gone, Unknown, Waiting};
    let check = |of: &[(Channel, State, i64)], expected: Step| {
        assert_eq!(step(&list(of), NOW, NOW.plus_ms(HOUR_MS), WhenUnknown::Stop), expected, "{of:?}");
    };
    check(&[], Step::End(End::Kept));
    check(&[(Push, Waiting, 0), (Push, Waiting, 0), (Sms, Waiting, 0)], Step::Try(vec![0, 1]));
    check(&[(Push, Accepted, 0), (Push, Waiting, 0), (Sms, Waiting, 0)], Step::Try(vec![1]));
    check(&[(Push, Accepted, 0), (Push, Gone, 0), (Sms, Waiting, 0)], Step::End(End::Sent));
    check(&[(Push, Gone, 0), (Wechat, Waiting, 0)], Step::Try(vec![1]));
    check(&[(Push, Gone, 0), (Wechat, Failed, 0), (Sms, Waiting, 9)], Step::Wait(NOW.plus_ms(9_000)));
    check(&[(Push, Gone, 0), (Wechat, Failed, 0)], Step::End(End::Failed));
    check(&[(Push, Unknown, 0), (Sms, Waiting, 0)], Step::End(End::Unknown));
    check(&[(Sms, Waiting, 7200)], Step::Wait(NOW.plus_ms(HOUR_MS)));

    let urgent = step(&list(&[(Push, Unknown, 0), (Sms, Waiting, 0)]), NOW, NOW.plus_ms(1), WhenUnknown::GoOn);
    assert_eq!(urgent, Step::Try(vec![1]));
    let late = step(&list(&[(Push, Waiting, 0)]), NOW, NOW, WhenUnknown::Stop);
    assert_eq!(late, Step::End(End::Expired));
}

fn any_answer() -> impl Strategy<Value = Tried> {
    prop_oneof![
        2 => Just(taken()),
        2 => Just(refused(ErrorClass::Permanent)),
        2 => Just(refused(ErrorClass::AddressGone)),
        2 => (1u32..100_000).prop_map(|after_s| refused(ErrorClass::Throttled { after_s })),
        6 => Just(refused(ErrorClass::Transient)),
        1 => Just(refused(ErrorClass::TokenStale)),
        2 => Just(unknown()),
        2 => Just(Tried::NotSent("away".into())),
        2 => (0i64..2_000_000).prop_map(|for_ms| Tried::Held { for_ms }),
        1 => Just(Tried::Misused("field".into())),
    ]
}

fn any_targets() -> impl Strategy<Value = Vec<Delivery>> {
    let channels = [Channel::Push, Channel::Push, Channel::Wechat, Channel::Sms];
    prop::sample::subsequence(channels.to_vec(), 0..=4).prop_map(|channels| {
        let one = |(i, channel): (usize, &Channel)| Delivery::new(*channel, Uuid::from_u128(i as u128), NOW);
        channels.iter().enumerate().map(one).collect()
    })
}

proptest! {
    /// Whatever channels answer, a message comes to an end by its expiry, no address is tried after it was told to stop
    /// or more often than it may, and no channel before the one ahead of it is done.
    #[test]
    fn every_message_comes_to_an_end(
        mut deliveries in any_targets(),
        answers in prop::collection::vec(any_answer(), 40),
        jitter: u64,
        life_ms in 0i64..(6 * HOUR_MS),
        go_on: bool,
    ) {
        let when_unknown = if go_on { WhenUnknown::GoOn } else { WhenUnknown::Stop };
        let expires_at = NOW.plus_ms(life_ms);
        let mut answers = answers.into_iter().cycle();
        let mut now = NOW;
        let mut last_channel = 0;
        let mut steps = 0;
        let end = loop {
            steps += 1;
            // Held is not counted, so patience is bounded by time: each wait is a second or more.
            prop_assert!(steps < 30_000, "it goes on for ever");
            match step(&deliveries, now, expires_at, when_unknown) {
                Step::End(end) => break end,
                Step::Wait(until) => {
                    prop_assert!(until > now && until <= expires_at);
                    now = until;
                }
                Step::Try(which) => {
                    prop_assert!(!which.is_empty() && now < expires_at);
                    for i in which {
                        let before = deliveries[i].clone();
                        prop_assert_eq!(before.state, State::Waiting);
                        prop_assert!(before.attempts < ATTEMPTS_MAX && before.next_at <= now);
                        let place = Channel::ALL.iter().position(|channel| *channel == before.channel).unwrap_or(0);
                        prop_assert!(place >= last_channel, "an earlier channel again");
                        last_channel = place;
                        let ahead = |other: &&Delivery| other.channel < before.channel;
                        let done = |other: &Delivery| {
                            matches!(other.state, State::Failed | State::Gone | State::Unknown)
                        };
                        prop_assert!(deliveries.iter().filter(ahead).all(done), "a channel was passed over");
                        let tried = answers.next().expect("a cycle has no end");
                        deliveries[i] = before.after(&tried, now, jitter);
                    }
                }
            }
        };
        let accepted = deliveries.iter().any(|delivery| delivery.state == State::Accepted);
        prop_assert_eq!(end == End::Sent, accepted);
        prop_assert_eq!(end == End::Kept, deliveries.is_empty());
        if end == End::Expired {
            prop_assert!(now >= expires_at);
        }
        if end == End::Unknown {
            prop_assert!(deliveries.iter().any(|delivery| delivery.state == State::Unknown));
        }
    }
}
