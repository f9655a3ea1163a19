//! What a guardian was told, and how the guardian wants to be told: the inbox, choices, pushes to this browser.

use super::Guardian;
use crate::App;
use crate::notices::{
    self, Channel, GUARDIAN_WAYS, Inboxed, Kind, NewAddress, Preferences, SUBSCRIPTIONS_MAX, Scope, SealedAddress, Way,
};
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Page, PageAsk, Params, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// A browser's subscription with its keys.
const SUBSCRIPTION_BYTES_MAX: usize = 4_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(inbox))
        .routes(routes!(read))
        .routes(routes!(preferences, put_preferences))
        .routes(routes!(push_key))
        .routes(routes!(put_push, drop_push))
}

#[derive(Serialize, ToSchema)]
struct GuardianNotice {
    id: Uuid,
    kind: String,
    title: String,
    text: String,
    school: Option<Uuid>,
    /// Whom it tells of.
    person: Option<Uuid>,
    /// RFC 3339.
    at: String,
    read: bool,
    link: Option<String>,
}

/// The guardian's messages, newest first, in the guardian's language.
#[utoipa::path(get, path = "/guardian/notices", tag = "guardian", params(PageAsk),
    responses((status = 200, body = Page<GuardianNotice>)), security(("guardian" = [])))]
async fn inbox(
    State(app): State<App>,
    who: Guardian,
    Params(page): Params<PageAsk>,
) -> Result<Json<Page<GuardianNotice>>, Problem> {
    let (owner, rows) = (who.id().uuid(), page.rows());
    let before: Option<Uuid> =
        page.cursor.as_deref().map(|cursor| cursor.parse().map_err(|_| bad_cursor())).transpose()?;
    let look = move |tx: &mut Tx<'_>| {
        let habits = notices::habits(tx, owner)?;
        notices::inbox(tx, owner, &habits, before, rows + 1)
    };
    let found = app.db.read(look).await?;
    Ok(Json(Page::cut(found.into_iter().map(wire).collect(), rows, |notice: &GuardianNotice| notice.id.to_string())))
}

fn bad_cursor() -> Problem {
    let (zh, en) = ("cursor 应为上一页的 next。", "A cursor is the `next` of the page before.");
    Problem::refused(StatusCode::BAD_REQUEST, "malformed_query", zh, en).field("cursor")
}

fn wire(of: Inboxed) -> GuardianNotice {
    GuardianNotice {
        id: of.id,
        kind: of.kind.word().to_owned(),
        title: of.title,
        text: of.text,
        school: of.school.map(|school| school.uuid()),
        person: of.about,
        at: of.at.to_string(),
        read: of.read,
        link: of.link,
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadUpTo {
    /// This message and all before it.
    up_to: Uuid,
}

#[derive(Serialize, ToSchema)]
struct Unread {
    unread: i64,
}

/// Mark messages as read.
#[utoipa::path(post, path = "/guardian/notices/read", tag = "guardian", request_body = ReadUpTo,
    responses((status = 200, body = Unread)), security(("guardian" = [])))]
async fn read(State(app): State<App>, who: Guardian, Body(ask): Body<ReadUpTo>) -> Result<Json<Unread>, Problem> {
    let (owner, now) = (who.id().uuid(), app.now());
    let mark = move |tx: &mut Tx<'_>| {
        notices::mark_read(tx, owner, ask.up_to, now)?;
        notices::unread(tx, owner)
    };
    Ok(Json(Unread { unread: app.db.write("read messages", mark).await? }))
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticePreference)]
struct Preference {
    kind: String,
    in_app: bool,
    push: bool,
    wechat: bool,
    alipay: bool,
    /// Left out: as it is.
    #[serde(default)]
    mail: Option<bool>,
    sms: bool,
    /// The inbox has it whatever is chosen: money, bindings and safety.
    #[serde(default)]
    fixed: bool,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticePreferences)]
struct AllPreferences {
    kinds: Vec<Preference>,
}

fn shown(chosen: &Preferences) -> AllPreferences {
    let one = |kind: Kind| {
        let wants = |way| chosen.wants(kind, way);
        Preference {
            kind: kind.word().to_owned(),
            in_app: wants(Way::Inbox),
            push: wants(Way::Channel(Channel::Push)),
            wechat: wants(Way::Channel(Channel::Wechat)),
            alipay: wants(Way::Channel(Channel::Alipay)),
            mail: Some(wants(Way::Channel(Channel::Mail))),
            sms: wants(Way::Channel(Channel::Sms)),
            fixed: Preferences::fixed(kind, Way::Inbox),
        }
    };
    AllPreferences { kinds: notices::guardian_kinds().map(one).collect() }
}

/// Which messages come over which way.
#[utoipa::path(get, path = "/guardian/preferences", tag = "guardian", responses((status = 200, body = AllPreferences)),
    security(("guardian" = [])))]
async fn preferences(State(app): State<App>, who: Guardian) -> Result<Json<AllPreferences>, Problem> {
    let owner = who.id().uuid();
    Ok(Json(shown(&app.db.read(move |tx| notices::preferences(tx, owner)).await?)))
}

/// Choose for these kinds; others stay as they are.
#[utoipa::path(put, path = "/guardian/preferences", tag = "guardian", request_body = AllPreferences,
    responses((status = 200, body = AllPreferences), (status = 422)), security(("guardian" = [])))]
async fn put_preferences(
    State(app): State<App>,
    who: Guardian,
    Body(ask): Body<AllPreferences>,
) -> Result<Json<AllPreferences>, Problem> {
    let mut choices = Vec::new();
    for of in &ask.kinds {
        let kind = notices::guardian_kinds().find(|kind| kind.word() == of.kind).ok_or_else(|| {
            Problem::bad("bad_kind", "没有这种消息。", "There is no such kind of message.").field("kinds")
        })?;
        if Preferences::fixed(kind, Way::Inbox) && !of.in_app {
            let zh = "资金、绑定和安全类消息始终保留在消息列表中，不能关闭。";
            let en = "Messages about money, bindings and safety always stay in the inbox.";
            return Err(Problem::bad("inbox_fixed", zh, en).field("kinds"));
        }
        let [inbox, push, wechat, alipay, mail, sms] = GUARDIAN_WAYS;
        let pairs = [(inbox, of.in_app), (push, of.push), (wechat, of.wechat), (alipay, of.alipay), (sms, of.sms)];
        choices.extend(pairs.map(|(way, on)| (kind, way, on)));
        choices.extend(of.mail.map(|on| (kind, mail, on)));
    }
    let owner = who.id().uuid();
    let write = move |tx: &mut Tx<'_>| {
        for (kind, way, on) in &choices {
            notices::put_preference(tx, owner, *kind, *way, *on)?;
        }
        notices::preferences(tx, owner)
    };
    Ok(Json(shown(&app.db.write("choose messages", write).await?)))
}

#[derive(Serialize, ToSchema)]
struct PushKey {
    /// `applicationServerKey` of a subscription.
    key: String,
}

/// What a browser subscribes with.
#[utoipa::path(get, path = "/guardian/push/key", tag = "guardian", responses((status = 200, body = PushKey)),
    security(("guardian" = [])))]
async fn push_key(State(app): State<App>, _who: Guardian) -> Result<Json<PushKey>, Problem> {
    Ok(Json(PushKey { key: notices::push_key(&app).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PushAsk {
    /// `PushSubscription.toJSON()`.
    #[schema(value_type = Object)]
    subscription: Value,
}

/// Its text as it is kept: the same subscription has the same text.
fn subscription_text(subscription: &Value) -> Result<String, Problem> {
    let wrong = || {
        let (zh, en) = ("推送订阅的内容有误。", "This is not a push subscription.");
        Problem::bad("bad_subscription", zh, en).field("subscription")
    };
    let part = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
    let (endpoint, keys) = (part(&subscription["endpoint"])?, &subscription["keys"]);
    let kept = serde_json::json!({"endpoint": endpoint,
        "keys": {"auth": part(&keys["auth"])?, "p256dh": part(&keys["p256dh"])?}});
    let text = kept.to_string();
    if text.len() > SUBSCRIPTION_BYTES_MAX { Err(wrong()) } else { Ok(text) }
}

/// Let this browser have messages.
#[utoipa::path(put, path = "/guardian/push", tag = "guardian", request_body = PushAsk,
    responses((status = 204), (status = 422)), security(("guardian" = [])))]
async fn put_push(State(app): State<App>, who: Guardian, Body(ask): Body<PushAsk>) -> Result<StatusCode, Problem> {
    let text = subscription_text(&ask.subscription)?;
    notices::check_subscription(&app, &text).await?;
    let (id, owner, channel, at) = (app.new_id(), who.id().uuid(), Channel::Push, app.now());
    let address = SealedAddress::new(&app.seal, owner, channel, &text);
    let new = NewAddress { id, owner, channel, scope: Scope::Server, address, at };
    let write = move |tx: &mut Tx<'_>| {
        notices::put_address(tx, &new)?;
        notices::keep_newest(tx, owner, channel, SUBSCRIPTIONS_MAX)
    };
    app.db.write("subscribe to pushes", write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take it back.
#[utoipa::path(delete, path = "/guardian/push", tag = "guardian", request_body = PushAsk, responses((status = 204)),
    security(("guardian" = [])))]
async fn drop_push(State(app): State<App>, who: Guardian, Body(ask): Body<PushAsk>) -> Result<StatusCode, Problem> {
    let (owner, hash) =
        (who.id().uuid(), SealedAddress::hash(&app.seal, Channel::Push, &subscription_text(&ask.subscription)?));
    let drop = move |tx: &mut Tx<'_>| notices::drop_address(tx, owner, Channel::Push, Scope::Server, &hash);
    app.db.write("unsubscribe from pushes", drop).await?;
    Ok(StatusCode::NO_CONTENT)
}
