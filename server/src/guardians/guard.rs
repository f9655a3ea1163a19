//! The guards of a guardian's routes: who is signed in, and which child a route is about.

use super::binding::{Binding, Consents, Rights, right::Right};
use super::store::GuardianRow;
use super::{bindings_store, sessions};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use crate::signin::audit::{self, Actor, Change, Subject};
use crate::signin::{SameSite, TokenHash, peer};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::{StatusCode, request::Parts};
use serde_json::Value as Json;
use std::marker::PhantomData;
use std::net::IpAddr;
use uuid::Uuid;
use yitong_values::{AuditId, BindingId, GuardianId, PersonId, SchoolId, Timestamp, UserId};

/// A guardian is signed in, nothing more.
#[derive(Clone, Debug)]
pub struct Guardian {
    pub row: GuardianRow,
    pub from: Option<IpAddr>,
    /// Whose cookie it was, for what goes on after the request.
    pub session: TokenHash,
}

/// A guardian who has the right `R` for the child whose `{binding}` is in the path.
pub struct OfChild<R> {
    pub guardian: Guardian,
    pub binding: BindingId,
    pub school: SchoolId,
    pub person: PersonId,
    pub rights: Rights,
    pub consents: Consents,
    needed: PhantomData<R>,
}

impl Guardian {
    pub fn id(&self) -> GuardianId {
        self.row.id
    }

    /// For the audit trail of a school, about what this request is about to change.
    pub fn note(&self, app: &App, school: SchoolId) -> GuardianNote {
        GuardianNote { id: app.new_id().into(), at: app.now(), guardian: self.id(), from: self.from, school }
    }
}

impl<R> OfChild<R> {
    pub fn note(&self, app: &App) -> GuardianNote {
        self.guardian.note(app, self.school)
    }

    /// Before purchases are shown: without that consent there is nothing to see.
    pub fn agreed_to_meals(&self) -> Result<(), Problem> {
        if self.consents.meals {
            return Ok(());
        }
        let zh = "您没有同意“查看消费”，请先在“隐私与授权”里同意。";
        let en = "You did not agree to see purchases; agree under privacy and consents first.";
        Err(Problem::refused(StatusCode::FORBIDDEN, "consent_missing", zh, en).with("purpose", "meals"))
    }
}

/// Which guardian, where and when, of a change: carried into the unit. No user did it, so the trail's user is nobody
/// and `after` names the guardian.
#[derive(Clone, Copy, Debug)]
pub struct GuardianNote {
    pub id: AuditId,
    pub at: Timestamp,
    pub guardian: GuardianId,
    pub from: Option<IpAddr>,
    pub school: SchoolId,
}

impl GuardianNote {
    /// `after` is an object or null.
    pub fn record(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        subject: Subject<'_>,
        before: Json,
        mut after: Json,
    ) -> Result<(), DbError> {
        after["guardian"] = self.guardian.to_string().into();
        let Subject(subject_kind, subject_id, subject_name) = subject;
        let actor = Actor { user: UserId::new(Uuid::nil()), from: self.from };
        let (id, at, school) = (self.id, self.at, Some(self.school));
        audit::record(
            tx,
            &Change { id, at, actor, school, action, subject_kind, subject_id, subject_name, before, after },
        )
    }
}

impl FromRequestParts<App> for Guardian {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Guardian, Problem> {
        guardian_and(parts, app, |_| Ok(())).await.map(|(guardian, ())| guardian)
    }
}

/// The guardian of the cookie, and what else is to be read in the same look at the database.
async fn guardian_and<T: Send + 'static>(
    parts: &mut Parts,
    app: &App,
    also: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
) -> Result<(Guardian, T), Problem> {
    SameSite::from_request_parts(parts, app).await?;
    let hash = sessions::token_of(parts).ok_or_else(Problem::signed_out)?;
    let (now, from) = (app.now(), peer(parts));
    let find = move |tx: &mut Tx<'_>| match sessions::find(tx, &hash, now)? {
        Some(found) => Ok(Some((found, also(tx)?))),
        None => Ok(None),
    };
    let ((seen_at, row), more) = app.db.read(find).await?.ok_or_else(Problem::signed_out)?;
    sessions::touch(app, hash, row.id, seen_at).await;
    Ok((Guardian { row, from, session: hash }, more))
}

impl<R: Right> FromRequestParts<App> for OfChild<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<OfChild<R>, Problem> {
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::absent())?;
        let named = path.iter().find(|(name, _)| *name == "binding").and_then(|(_, text)| text.parse().ok());
        let find = move |tx: &mut Tx<'_>| named.map_or(Ok(None), |id| bindings_store::find_binding(tx, id));
        let (guardian, binding) = guardian_and(parts, app, find).await?;
        let own = binding.filter(|binding| binding.guardian == guardian.id()).ok_or_else(Problem::absent)?;
        let Binding { id: binding, school, rights, consents, .. } = own;
        let person = own.open_child().ok_or_else(Problem::absent)?;
        if !rights.has(R::WORD) {
            return Err(right_missing(R::WORD));
        }
        Ok(OfChild { guardian, binding, school, person, rights, consents, needed: PhantomData })
    }
}

pub fn right_missing(right: &str) -> Problem {
    let (zh, en) = match right {
        "pay" => ("您没有为这个孩子付款的权限。", "You may not pay for this child."),
        "control" => ("您没有管理这个孩子账户的权限。", "You may not control this child's account."),
        _ => ("您没有查看这个孩子的权限。", "You may not see this child."),
    };
    let (zh, en) = (format!("{zh}请由主要监护人或学校授权。"), format!("{en} Ask the main guardian or the school."));
    Problem::refused(StatusCode::FORBIDDEN, "right_missing", zh, en).with("right", right)
}
