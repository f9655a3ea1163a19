//! What guardians are told about bindings: somebody new is bound to their child; the school answered.

use super::binding::Binding;
use super::bindings_store as store;
use super::guard::{Guardian, GuardianNote};
use super::reports_store::NewReport;
use crate::App;
use crate::notices::{self, Kind, NewNotice, Reach, Recipient, Work};
use crate::plumbing::db::{DbError, Tx};
use std::collections::BTreeMap;
use yitong_values::{DAY_MS, NoticeId, SchoolId, Timestamp};

/// Nobody wants to hear of it after so long.
const LIFE_MS: i64 = 7 * DAY_MS;
/// Guardians of one child who are told that somebody came.
pub const TOLD_MAX: usize = 8;

/// The guardian who acts, for the trail and for others' messages.
#[derive(Clone, Debug)]
pub struct Who {
    pub note: GuardianNote,
    pub phone_mask: String,
}

impl Who {
    /// The school is known only inside the unit: `noted` puts it in.
    pub fn of(app: &App, guardian: &Guardian) -> Who {
        let nowhere = SchoolId::new(uuid::Uuid::nil());
        Who { note: guardian.note(app, nowhere), phone_mask: guardian.row.phone_mask.clone() }
    }
}

pub fn noted(who: &Who, school: SchoolId) -> GuardianNote {
    GuardianNote { school, ..who.note }
}

/// Names for messages, made before the unit.
pub fn notice_ids(app: &App) -> Vec<NoticeId> {
    (0..TOLD_MAX).map(|_| NoticeId::new(app.new_id())).collect()
}

/// Tells the guardians who control the child's account that somebody was bound to it.
pub fn others_of(
    tx: &mut Tx<'_>,
    new: &Binding,
    child: &str,
    phone_mask: &str,
    ids: &[NoticeId],
    now: Timestamp,
) -> Result<(), DbError> {
    let Some(person) = new.person else { return Ok(()) };
    let others = store::watchers(tx, new.school, person)?;
    let told = others.into_iter().filter(|other| other.rights.control && other.guardian != new.guardian);
    for (other, id) in told.zip(ids) {
        let params = [
            ("child", child.to_owned()),
            ("who_zh", format!("{phone_mask} 的家长")),
            ("who_en", format!("the guardian {phone_mask}")),
            ("time", now.ms().to_string()),
        ];
        let notice = NewNotice {
            id: *id,
            dedupe: format!("binding_asked:{}:{}", new.id, other.guardian),
            school: Some(new.school),
            to: Recipient::Guardian(other.guardian),
            about: Some(person),
            kind: Kind::BindingAsked,
            params: named(params),
            reach: Reach::Channels,
            link: Some(format!("/parent/children/{}/guardians", other.binding)),
            at: now,
            not_before: None,
            expires_at: now.plus_ms(LIFE_MS),
        };
        notices::queue(tx, &notice)?;
    }
    Ok(())
}

/// Tells those who answer at the school that something is said to be wrong.
pub fn data_reported(tx: &mut Tx<'_>, new: &NewReport) -> Result<(), DbError> {
    let (zh, en) = super::reports_http::field_words(new.field);
    let params = vec![("field_zh", zh.to_owned()), ("field_en", en.to_owned()), ("time", new.at.ms().to_string())];
    let work = Work {
        school: new.school,
        kind: Kind::DataReportMade,
        cause: new.id.to_string(),
        about: Some(new.person),
        params,
        link: "/admin/data-reports".into(),
        except: None,
        at: new.at,
    };
    notices::tell_staff(tx, &work)
}

/// Tells those who decide about bindings that a guardian asks for one.
pub fn school_asked(tx: &mut Tx<'_>, binding: &Binding, phone_mask: &str) -> Result<(), DbError> {
    let params = vec![
        ("who_zh", format!("{phone_mask} 的家长")),
        ("who_en", format!("The guardian {phone_mask}")),
        ("time", binding.asked_at.ms().to_string()),
    ];
    let work = Work {
        school: binding.school,
        kind: Kind::BindingRequested,
        cause: binding.id.to_string(),
        about: None,
        params,
        link: "/admin/bindings".into(),
        except: None,
        at: binding.asked_at,
    };
    notices::tell_staff(tx, &work)
}

/// What the school said to a question.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    Approved,
    Refused(&'a str),
}

/// Tells the guardian what the school said; `child` is the name that the guardian typed.
pub fn answered(
    tx: &mut Tx<'_>,
    binding: &Binding,
    child: &str,
    outcome: Outcome<'_>,
    (id, now): (NoticeId, Timestamp),
) -> Result<(), DbError> {
    let (zh, en) = match outcome {
        Outcome::Approved => ("已通过".to_owned(), "approved".to_owned()),
        Outcome::Refused(why) => (format!("未通过，{why}"), format!("refused: {why}")),
    };
    let params = [("child", child.to_owned()), ("answer_zh", zh), ("answer_en", en), ("time", now.ms().to_string())];
    let notice = NewNotice {
        id,
        dedupe: format!("binding_answered:{}", binding.id),
        school: Some(binding.school),
        to: Recipient::Guardian(binding.guardian),
        about: None,
        kind: Kind::BindingAnswered,
        params: named(params),
        reach: Reach::Channels,
        link: Some("/parent/".into()),
        at: now,
        not_before: None,
        expires_at: now.plus_ms(LIFE_MS),
    };
    notices::queue(tx, &notice).map(|_| ())
}

/// Tells the guardian what the school said about wrong data.
pub fn report_answered(
    tx: &mut Tx<'_>,
    binding: &Binding,
    child: &str,
    (field, answer): ((&str, &str), &str),
    (id, now): (NoticeId, Timestamp),
) -> Result<(), DbError> {
    let params = [
        ("child", child.to_owned()),
        ("field_zh", field.0.to_owned()),
        ("field_en", field.1.to_owned()),
        ("answer", answer.to_owned()),
        ("time", now.ms().to_string()),
    ];
    let notice = NewNotice {
        id,
        dedupe: format!("data_report_answered:{id}"),
        school: Some(binding.school),
        to: Recipient::Guardian(binding.guardian),
        about: binding.person,
        kind: Kind::DataReportAnswered,
        params: named(params),
        reach: Reach::Channels,
        link: Some(format!("/parent/children/{}/data-reports", binding.id)),
        at: now,
        not_before: None,
        expires_at: now.plus_ms(LIFE_MS),
    };
    notices::queue(tx, &notice).map(|_| ())
}

fn named<const N: usize>(params: [(&str, String); N]) -> BTreeMap<String, String> {
    params.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}
