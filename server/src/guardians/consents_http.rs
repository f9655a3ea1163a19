//! A guardian's answers to questions of consent, seen and changed at any time.

use super::bind_http::{outdated, texts_of};
use super::binding::{Consents, right};
use super::consents::{ConsentText, Purpose, text_of};
use super::consents_store::{self as store, ConsentRow, NewConsent};
use super::guard::OfChild;
use super::{bind, bindings_store, tell};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::Subject;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put))
}

#[derive(Serialize, ToSchema)]
struct ChildConsents {
    items: Vec<ChildConsent>,
}

/// One purpose, what was answered last, and the text of now.
#[derive(Serialize, ToSchema)]
struct ChildConsent {
    /// account, meals, messages or photo
    purpose: String,
    given: bool,
    /// Of the text that was answered; below that of `text`, the question is open again.
    version: Option<i64>,
    at: Option<String>,
    text: ConsentText,
}

fn given(consents: Consents, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Account => true,
        Purpose::Meals => consents.meals,
        Purpose::Messages => consents.messages,
        Purpose::Photo => consents.photo,
    }
}

async fn answered(app: &App, who: &OfChild<right::See>, consents: Consents) -> Result<ChildConsents, Problem> {
    let (texts, binding) = (texts_of(app, who.school).await?, who.binding);
    let rows = app.db.read(move |tx| store::of_binding(tx, binding)).await?;
    let wire = |(purpose, text): (Purpose, ConsentText)| {
        let last: Option<&ConsentRow> = rows.iter().find(|row| row.purpose == purpose.word());
        ChildConsent {
            purpose: purpose.word().to_owned(),
            given: given(consents, purpose),
            version: last.map(|row| row.version),
            at: last.map(|row| row.at.to_string()),
            text,
        }
    };
    let of = |text: ConsentText| Purpose::from_word(&text.purpose).map(|purpose| (purpose, text));
    Ok(ChildConsents { items: texts.into_iter().filter_map(of).map(wire).collect() })
}

/// What was agreed to for this child.
#[utoipa::path(get, path = "/guardian/children/{binding}/consents", tag = "guardians",
    params(("binding" = Uuid, Path)), responses((status = 200, body = ChildConsents)),
    security(("guardian" = ["see"])))]
async fn list(State(app): State<App>, who: OfChild<right::See>) -> Result<Json<ChildConsents>, Problem> {
    answered(&app, &who, who.consents).await.map(Json)
}

#[derive(Deserialize)]
struct PurposePath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    purpose: String,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentChange {
    /// Of the text that was shown.
    version: i64,
    given: bool,
    /// Withdrawing `account` ends the binding: it must be said that this is meant.
    #[serde(default)]
    end_binding: bool,
}

/// Give or withdraw a consent. Without `account` there is no binding: withdrawing it ends the binding.
#[utoipa::path(put, path = "/guardian/children/{binding}/consents/{purpose}", tag = "guardians",
    params(("binding" = Uuid, Path), ("purpose" = String, Path)), request_body = ConsentChange,
    responses((status = 200, body = ChildConsents), (status = 404), (status = 409)),
    security(("guardian" = ["see"])))]
async fn put(
    State(app): State<App>,
    who: OfChild<right::See>,
    Path(path): Path<PurposePath>,
    Body(ask): Body<ConsentChange>,
) -> Result<Json<ChildConsents>, Problem> {
    let purpose = Purpose::from_word(&path.purpose).ok_or_else(Problem::absent)?;
    // A withdrawal counts whatever text was on the screen.
    if ask.given && ask.version != text_of(purpose).version {
        return Err(outdated());
    }
    if purpose == Purpose::Account && !ask.given && !ask.end_binding {
        let zh = "撤回这一项就会解除绑定，之后需要新的绑定码。确定要解除吗？";
        let en = "Withdrawing this ends the binding, and a new code is needed afterwards. Is that what you want?";
        return Err(Problem::conflict("ends_binding", zh, en));
    }
    let (acting, id, binding) = (tell::Who::of(&app, &who.guardian), app.new_id().into(), who.binding);
    let write = move |tx: &mut Tx<'_>| {
        let Some(own) = bindings_store::find_binding(tx, binding)?.filter(|own| own.open_child().is_some()) else {
            return Ok(None);
        };
        let name = bindings_store::name_of(tx, &own)?;
        if purpose == Purpose::Account && !ask.given {
            bind::end_own(tx, &acting, &own, id, &name)?;
            return Ok(Some(own.consents));
        }
        let mut consents = own.consents;
        consents.set(purpose, ask.given);
        bindings_store::set_consents(tx, binding, consents)?;
        let new = NewConsent {
            id,
            binding,
            guardian: own.guardian,
            school: own.school,
            purpose: purpose.word(),
            version: ask.version.clamp(0, text_of(purpose).version),
            given: ask.given,
            at: acting.note.at,
        };
        store::insert_consent(tx, &new)?;
        let note = tell::noted(&acting, own.school);
        let (before, after) = (json!({"given": given(own.consents, purpose)}), json!({"given": ask.given}));
        let action = format!("consent.{}", purpose.word());
        note.record(tx, &action, Subject("binding", &binding.to_string(), &name), before, after)?;
        Ok::<_, DbError>(Some(consents))
    };
    let consents = app.db.write("answer about consent", write).await?.ok_or_else(Problem::absent)?;
    answered(&app, &who, consents).await.map(Json)
}
