//! A school's own words for each kind of message: list, write, take back, preview.

use super::channels_http::words;
use super::settings_store as rows;
use super::template::{self, Flaw};
use super::texts::{Texts, built_in};
use super::{Kind, Locale, variables};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, drop_own)).routes(routes!(preview))
}

#[derive(Serialize, ToSchema)]
struct NoticeTemplates {
    items: Vec<NoticeTemplate>,
}

#[derive(Serialize, ToSchema)]
struct NoticeTemplate {
    kind: String,
    /// zh or en
    locale: String,
    title: String,
    text: String,
    /// Whether the school wrote it; else it is built in.
    own: bool,
    built_in_title: String,
    built_in_text: String,
    variables: Vec<TemplateVariable>,
}

#[derive(Serialize, ToSchema)]
struct TemplateVariable {
    name: String,
    /// The text must have it, outside of brackets.
    required: bool,
    /// As in the preview.
    example: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TemplateAsk {
    #[schema(max_length = 60)]
    title: String,
    /// With variables in braces; what stands in brackets is left out when its variable has no value.
    #[schema(max_length = 500)]
    text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewAsk {
    #[schema(max_length = 40)]
    kind: String,
    #[schema(max_length = 10)]
    locale: String,
    #[schema(max_length = 60)]
    title: String,
    #[schema(max_length = 500)]
    text: String,
}

#[derive(Serialize, ToSchema)]
struct TemplatePreview {
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct OfKind {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    kind: String,
    locale: String,
}

/// The texts of every kind in both languages.
#[utoipa::path(get, path = "/schools/{school}/notice-templates", tag = "notices", params(("school" = Uuid, Path)),
    responses((status = 200, body = NoticeTemplates)), security(("session" = ["notices.read"])))]
async fn list(State(app): State<App>, who: Allowed<perm::NoticesRead>) -> Result<Json<NoticeTemplates>, Problem> {
    let school = who.school;
    let own = app.db.read(move |tx| rows::own_texts(tx, school)).await?;
    // A code is of no school.
    let kinds = Kind::ALL.iter().filter(|kind| !kind.is_code());
    let both = kinds.flat_map(|kind| [Locale::Zh, Locale::En].map(|locale| (*kind, locale)));
    let one = |of: (Kind, Locale)| {
        let written = own.iter().find(|(kind, locale, _)| (*kind, *locale) == of).map(|(.., texts)| texts.clone());
        wire(of, written)
    };
    Ok(Json(NoticeTemplates { items: both.map(one).collect() }))
}

/// Write a text of the school's own.
#[utoipa::path(put, path = "/schools/{school}/notice-templates/{kind}/{locale}", tag = "notices",
    params(("school" = Uuid, Path), ("kind" = String, Path), ("locale" = String, Path)), request_body = TemplateAsk,
    responses((status = 200, body = NoticeTemplate), (status = 422)), security(("session" = ["notices.manage"])))]
async fn put(
    State(app): State<App>,
    who: Allowed<perm::NoticesManage>,
    Path(path): Path<OfKind>,
    Body(ask): Body<TemplateAsk>,
) -> Result<Json<NoticeTemplate>, Problem> {
    let of = named(&path.kind, &path.locale)?;
    let texts = Texts { title: ask.title.trim().to_owned(), text: ask.text.trim().to_owned() };
    template::check(of.0, &texts.title, &texts.text).map_err(|flaw| refused(&flaw))?;
    change(&app, &who, of, Some(texts)).await
}

/// Go back to the built-in text.
#[utoipa::path(delete, path = "/schools/{school}/notice-templates/{kind}/{locale}", tag = "notices",
    params(("school" = Uuid, Path), ("kind" = String, Path), ("locale" = String, Path)),
    responses((status = 200, body = NoticeTemplate)), security(("session" = ["notices.manage"])))]
async fn drop_own(
    State(app): State<App>,
    who: Allowed<perm::NoticesManage>,
    Path(path): Path<OfKind>,
) -> Result<Json<NoticeTemplate>, Problem> {
    let of = named(&path.kind, &path.locale)?;
    change(&app, &who, of, None).await
}

/// A text with example values, before it is kept.
#[utoipa::path(post, path = "/schools/{school}/notice-templates/preview", tag = "notices",
    params(("school" = Uuid, Path)), request_body = PreviewAsk,
    responses((status = 200, body = TemplatePreview), (status = 422)), security(("session" = ["notices.read"])))]
async fn preview(
    _who: Allowed<perm::NoticesRead>,
    Body(ask): Body<PreviewAsk>,
) -> Result<Json<TemplatePreview>, Problem> {
    let (kind, locale) = named(&ask.kind, &ask.locale)?;
    template::check(kind, &ask.title, &ask.text).map_err(|flaw| refused(&flaw))?;
    let texts = Texts { title: ask.title, text: ask.text };
    let written = texts.write(kind, locale, &variables::example(kind));
    Ok(Json(TemplatePreview { title: written.title, text: written.text }))
}

fn named(kind: &str, locale: &str) -> Result<(Kind, Locale), Problem> {
    let kind = Kind::from_word(kind).filter(|kind| !kind.is_code());
    let locale = ["zh", "en"].contains(&locale).then(|| Locale::from_word(locale));
    kind.zip(locale).ok_or_else(Problem::absent)
}

fn refused(flaw: &Flaw) -> Problem {
    let (zh, en) = words(flaw);
    let code = match flaw {
        Flaw::Empty => "template_empty",
        Flaw::TooLong(_) => "too_long",
        Flaw::Unclosed => "template_unclosed",
        Flaw::Unknown(_) => "template_unknown_variable",
        Flaw::Missing(_) => "template_missing_variable",
        Flaw::Shames(_) => "template_shames",
    };
    Problem::bad(code, zh, en).field("text")
}

async fn change(
    app: &App,
    who: &Allowed<perm::NoticesManage>,
    of: (Kind, Locale),
    texts: Option<Texts>,
) -> Result<Json<NoticeTemplate>, Problem> {
    let (school, note, now, new) = (who.school, who.note(app), app.now(), texts.clone());
    let write = move |tx: &mut Tx<'_>| {
        let own = rows::own_texts(tx, school)?;
        let before = own.into_iter().find(|(kind, locale, _)| (*kind, *locale) == of).map(|(.., texts)| texts);
        match &new {
            Some(texts) => rows::put_texts(tx, school, of, texts, now)?,
            None => drop(rows::drop_texts(tx, school, of)?),
        }
        let shown = |texts: &Texts| json!({"title": texts.title, "text": texts.text});
        let (before, after) = (before.as_ref().map_or(Value::Null, shown), new.as_ref().map_or(Value::Null, shown));
        let id = format!("{}/{}", of.0.word(), of.1.word());
        note.record(tx, "notices.template", Subject("notice_template", &id, of.0.word()), before, after)
    };
    app.db.write("write a message's text", write).await?;
    Ok(Json(wire(of, texts)))
}

fn wire((kind, locale): (Kind, Locale), own: Option<Texts>) -> NoticeTemplate {
    let Texts { title: built_in_title, text: built_in_text } = built_in(kind, locale);
    let is_own = own.is_some();
    let (title, text) =
        own.map_or_else(|| (built_in_title.clone(), built_in_text.clone()), |own| (own.title, own.text));
    let example = variables::example(kind);
    let variable = |of: &variables::Variable| TemplateVariable {
        name: of.name.to_owned(),
        required: of.required,
        example: variables::value(kind, locale, &example, of.name).unwrap_or_default(),
    };
    NoticeTemplate {
        kind: kind.word().to_owned(),
        locale: locale.word().to_owned(),
        title,
        text,
        own: is_own,
        built_in_title,
        built_in_text,
        variables: variables::of(kind).iter().map(variable).collect(),
    }
}
