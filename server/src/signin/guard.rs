//! The guard of a route is an extractor in its signature: no guard, no handler.

use super::permission::perm::Needed;
use super::{Permission, Principal, Pupils, Scope};
use crate::App;
use crate::plumbing::http::Problem;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use std::marker::PhantomData;
use std::sync::Arc;
use yitong_values::SchoolId;

/// Somebody is signed in, nothing more.
pub struct SignedIn(pub Arc<Principal>);

/// Somebody who has the permission `operate` for the whole server, not for a district or a school of it.
pub struct Operator(pub Arc<Principal>);

/// Somebody who has the permission `P` at the school in the path.
pub struct Allowed<P> {
    pub principal: Arc<Principal>,
    pub school: SchoolId,
    needed: PhantomData<P>,
}

impl<P: Needed> Allowed<P> {
    /// The places where this permission was granted; `Scope::School` and above mean the whole school.
    pub fn scopes(&self) -> Vec<Scope> {
        P::PERMISSION.map_or_else(Vec::new, |permission| self.principal.scopes(permission, self.school))
    }

    /// The pupils whose guardians this permission reaches.
    pub fn pupils(&self) -> Pupils {
        let of = |permission| self.principal.pupils(permission, self.school);
        P::PERMISSION.map_or(Pupils::OfClasses(self.principal.user), of)
    }

    /// For the audit trail of what this request is about to change.
    pub fn note(&self, app: &App) -> super::audit::Note {
        let (id, at) = (app.new_id().into(), app.now());
        super::audit::Note { id, at, actor: self.actor(), school: self.school }
    }

    pub fn actor(&self) -> super::audit::Actor {
        super::audit::Actor { user: self.principal.user, from: self.principal.from }
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<SignedIn, Problem> {
        super::sessions::principal(app, parts).await.map(SignedIn)
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Operator, Problem> {
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        if principal.operates() {
            return Ok(Operator(principal));
        }
        Err(Problem::forbidden(Permission::Operate.word()))
    }
}

impl<P: Needed> FromRequestParts<App> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Allowed<P>, Problem> {
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::absent())?;
        let named = path.iter().find(|(name, _)| *name == "school").and_then(|(_, text)| text.parse().ok());
        let school: SchoolId = named.ok_or_else(Problem::absent)?;
        if !principal.knows(school) {
            return Err(Problem::absent());
        }
        if let Some(permission) = P::PERMISSION
            && !principal.may(permission, school)
        {
            return Err(Problem::forbidden(permission.word()));
        }
        Ok(Allowed { principal, school, needed: PhantomData })
    }
}
