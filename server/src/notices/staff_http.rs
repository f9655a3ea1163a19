//! A user's own messages: the inbox, what comes over which way, and where; and addresses that an administrator sets.

use super::preferences::{Preferences, Way};
use super::settings_store::{preferences, put_preference};
use super::staff::{self, STAFF_CHANNELS, STAFF_WAYS, staff_kinds};
use super::store::{drop_addresses, put_address};
use super::{Channel, Inboxed, Kind, NewAddress, SealedAddress, habits, log_store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, PageAsk, Params, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, changeable_user, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{SchoolId, UserId};

const ADDRESS_BYTES_MAX: usize = 254;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(inbox))
        .routes(routes!(unread))
        .routes(routes!(read))
        .routes(routes!(settings, put_settings))
        .routes(routes!(put_own, drop_own))
        .routes(routes!(of_user))
        .routes(routes!(put_of_user, drop_of_user))
}

/// A message to a user.
#[derive(Serialize, ToSchema)]
struct StaffNotice {
    id: Uuid,
    kind: String,
    title: String,
    text: String,
    /// RFC 3339.
    at: String,
    read: bool,
    /// A path of the office's pages.
    link: Option<String>,
}

fn wire(of: Inboxed) -> StaffNotice {
    StaffNotice {
        id: of.id,
        kind: of.kind.word().to_owned(),
        title: of.title,
        text: of.text,
        at: of.at.to_string(),
        read: of.read,
        link: of.link,
    }
}

/// One's own messages at this school, newest first.
#[utoipa::path(get, path = "/schools/{school}/my-notices", tag = "notices",
    params(("school" = Uuid, Path), PageAsk), responses((status = 200, body = Page<StaffNotice>)),
    security(("session" = [])))]
async fn inbox(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Params(page): Params<PageAsk>,
) -> Result<Json<Page<StaffNotice>>, Problem> {
    let (owner, school, rows) = (who.principal.user.uuid(), who.school, page.rows());
    let before: Option<Uuid> = page.cursor.as_deref().map(str::parse).transpose().map_err(|_| {
        let (zh, en) = ("cursor 应为上一页的 next。", "A cursor is the `next` of the page before.");
        Problem::refused(StatusCode::BAD_REQUEST, "malformed_query", zh, en).field("cursor")
    })?;
    let look = move |tx: &mut Tx<'_>| {
        let habits = habits(tx, owner)?;
        log_store::inbox_at(tx, (owner, Some(school)), &habits, before, rows + 1)
    };
    let found = app.db.read(look).await?;
    Ok(Json(Page::cut(found.into_iter().map(wire).collect(), rows, |notice: &StaffNotice| notice.id.to_string())))
}

#[derive(Serialize, ToSchema)]
struct StaffUnread {
    unread: i64,
}

/// How many of one's own messages were not read: for the bell.
#[utoipa::path(get, path = "/schools/{school}/my-notices/unread", tag = "notices", params(("school" = Uuid, Path)),
    responses((status = 200, body = StaffUnread)), security(("session" = [])))]
async fn unread(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<StaffUnread>, Problem> {
    let of = (who.principal.user.uuid(), Some(who.school));
    Ok(Json(StaffUnread { unread: app.db.read(move |tx| log_store::unread_at(tx, of)).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffReadUpTo {
    /// This message and all before it.
    up_to: Uuid,
}

/// Mark one's own messages as read.
#[utoipa::path(post, path = "/schools/{school}/my-notices/read", tag = "notices", params(("school" = Uuid, Path)),
    request_body = StaffReadUpTo, responses((status = 200, body = StaffUnread)), security(("session" = [])))]
async fn read(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Body(ask): Body<StaffReadUpTo>,
) -> Result<Json<StaffUnread>, Problem> {
    let (of, now) = ((who.principal.user.uuid(), Some(who.school)), app.now());
    let mark = move |tx: &mut Tx<'_>| {
        log_store::mark_read_at(tx, of, ask.up_to, now)?;
        log_store::unread_at(tx, of)
    };
    Ok(Json(StaffUnread { unread: app.db.write("read own messages", mark).await? }))
}

#[derive(Serialize, ToSchema)]
struct StaffNoticeSettings {
    /// Those that one's permissions bring.
    kinds: Vec<StaffPreference>,
    addresses: Vec<StaffAddress>,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffPreference {
    kind: String,
    in_app: bool,
    mail: bool,
    wecom: bool,
    dingtalk: bool,
}

#[derive(Serialize, ToSchema)]
struct StaffAddress {
    /// mail, wecom or dingtalk
    channel: String,
    /// Null: there is none.
    mask: Option<String>,
    /// Nothing arrives there any more.
    gone: bool,
    /// Whether the school or the server has such a channel switched on.
    available: bool,
}

fn addresses(tx: &mut Tx<'_>, school: SchoolId, owner: Uuid) -> Result<Vec<StaffAddress>, DbError> {
    let wire = |of: staff::Reachable| StaffAddress {
        channel: of.channel.word().to_owned(),
        mask: of.mask,
        gone: of.gone,
        available: of.available,
    };
    Ok(staff::reachable(tx, school, owner)?.into_iter().map(wire).collect())
}

fn own_kinds(who: &Allowed<perm::AnyGrant>) -> Vec<Kind> {
    let may = staff_kinds().filter(|(_, needed)| who.principal.may(*needed, who.school));
    may.map(|(kind, _)| kind).collect()
}

fn shown(tx: &mut Tx<'_>, school: SchoolId, owner: Uuid, kinds: &[Kind]) -> Result<StaffNoticeSettings, DbError> {
    let chosen: Preferences = preferences(tx, owner)?;
    let one = |kind: &Kind| {
        let [in_app, mail, wecom, dingtalk] = STAFF_WAYS.map(|way| chosen.wants(*kind, way));
        StaffPreference { kind: kind.word().to_owned(), in_app, mail, wecom, dingtalk }
    };
    let kinds = kinds.iter().map(one).collect();
    Ok(StaffNoticeSettings { kinds, addresses: addresses(tx, school, owner)? })
}

/// Which work one is told of, over which ways and where.
#[utoipa::path(get, path = "/schools/{school}/my-notice-settings", tag = "notices", params(("school" = Uuid, Path)),
    responses((status = 200, body = StaffNoticeSettings)), security(("session" = [])))]
async fn settings(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<StaffNoticeSettings>, Problem> {
    let (school, owner, kinds) = (who.school, who.principal.user.uuid(), own_kinds(&who));
    Ok(Json(app.db.read(move |tx| shown(tx, school, owner, &kinds)).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffPreferences {
    kinds: Vec<StaffPreference>,
}

/// Choose for these kinds; others stay as they are. All of it can be switched off.
#[utoipa::path(put, path = "/schools/{school}/my-notice-settings", tag = "notices", params(("school" = Uuid, Path)),
    request_body = StaffPreferences, responses((status = 200, body = StaffNoticeSettings), (status = 422)),
    security(("session" = [])))]
async fn put_settings(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Body(ask): Body<StaffPreferences>,
) -> Result<Json<StaffNoticeSettings>, Problem> {
    let (school, owner, kinds) = (who.school, who.principal.user.uuid(), own_kinds(&who));
    let mut choices: Vec<(Kind, Way, bool)> = Vec::new();
    for of in &ask.kinds {
        let kind = kinds.iter().find(|kind| kind.word() == of.kind).ok_or_else(|| {
            Problem::bad("bad_kind", "没有这种消息。", "There is no such kind of message.").field("kinds")
        })?;
        let [in_app, mail, wecom, dingtalk] = STAFF_WAYS;
        let pairs = [(in_app, of.in_app), (mail, of.mail), (wecom, of.wecom), (dingtalk, of.dingtalk)];
        choices.extend(pairs.map(|(way, on)| (*kind, way, on)));
    }
    let write = move |tx: &mut Tx<'_>| {
        for (kind, way, on) in &choices {
            put_preference(tx, owner, *kind, *way, *on)?;
        }
        shown(tx, school, owner, &kinds)
    };
    Ok(Json(app.db.write("choose own messages", write).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffAddressAsk {
    /// An e-mail address, a member's id at WeCom, or the mobile number of a member of the DingTalk group.
    #[schema(max_length = 254)]
    address: String,
}

#[derive(Deserialize)]
struct OfChannel {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    channel: String,
}

#[derive(Deserialize)]
struct OfUserChannel {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
    channel: String,
}

#[derive(Deserialize)]
struct OfUser {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Serialize, ToSchema)]
struct StaffAddresses {
    addresses: Vec<StaffAddress>,
}

fn named(word: &str) -> Result<Channel, Problem> {
    STAFF_CHANNELS.into_iter().find(|channel| channel.word() == word).ok_or_else(Problem::absent)
}

/// A change of one address of one user: `None` forgets it.
struct Change {
    owner: Uuid,
    channel: Channel,
    school: SchoolId,
    id: Uuid,
    at: yitong_values::Timestamp,
    address: Option<SealedAddress>,
}

impl Change {
    fn of(app: &App, school: SchoolId, owner: Uuid, channel: &str, text: Option<&str>) -> Result<Change, Problem> {
        let channel = named(channel)?;
        let read = |text: &str| {
            let good = (text.len() <= ADDRESS_BYTES_MAX).then(|| staff::address(channel, text)).flatten();
            good.ok_or_else(|| bad_address(channel))
        };
        let address = text.map(read).transpose()?;
        let address = address.map(|plain| SealedAddress::new(&app.seal, owner, channel, &plain));
        Ok(Change { owner, channel, school, id: app.new_id(), at: app.now(), address })
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<Vec<StaffAddress>, DbError> {
        let (owner, channel) = (self.owner, self.channel);
        match &self.address {
            Some(address) => {
                let account = staff::scope_of(tx, self.school, channel)?;
                let scope = staff::address_scope(channel, account);
                let address = address.clone();
                put_address(tx, &NewAddress { id: self.id, owner, channel, scope, address, at: self.at })?;
            }
            None => drop(drop_addresses(tx, owner, channel)?),
        }
        addresses(tx, self.school, owner)
    }
}

fn bad_address(channel: Channel) -> Problem {
    let (zh, en) = match channel {
        Channel::Mail => ("请填写正确的邮箱地址。", "This is not an e-mail address."),
        Channel::Wecom => ("请填写企业微信的成员账号（字母、数字或 . _ - @）。", "This is not a member's id at WeCom."),
        _ => ("请填写钉钉群成员的 11 位手机号。", "Enter the mobile number of a member of the DingTalk group."),
    };
    Problem::bad("bad_address", zh, en).field("address")
}

/// Set one's own address at a channel.
#[utoipa::path(put, path = "/schools/{school}/my-notice-addresses/{channel}", tag = "notices",
    params(("school" = Uuid, Path), ("channel" = String, Path)), request_body = StaffAddressAsk,
    responses((status = 200, body = StaffAddresses), (status = 404), (status = 422)), security(("session" = [])))]
async fn put_own(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Path(path): Path<OfChannel>,
    Body(ask): Body<StaffAddressAsk>,
) -> Result<Json<StaffAddresses>, Problem> {
    let change = Change::of(&app, who.school, who.principal.user.uuid(), &path.channel, Some(&ask.address))?;
    let addresses = app.db.write("set own address", move |tx| change.write(tx)).await?;
    Ok(Json(StaffAddresses { addresses }))
}

/// Forget one's own address at a channel.
#[utoipa::path(delete, path = "/schools/{school}/my-notice-addresses/{channel}", tag = "notices",
    params(("school" = Uuid, Path), ("channel" = String, Path)),
    responses((status = 200, body = StaffAddresses), (status = 404)), security(("session" = [])))]
async fn drop_own(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Path(path): Path<OfChannel>,
) -> Result<Json<StaffAddresses>, Problem> {
    let change = Change::of(&app, who.school, who.principal.user.uuid(), &path.channel, None)?;
    let addresses = app.db.write("forget own address", move |tx| change.write(tx)).await?;
    Ok(Json(StaffAddresses { addresses }))
}

/// Where a user is told of work.
#[utoipa::path(get, path = "/schools/{school}/users/{id}/notice-addresses", tag = "notices",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = StaffAddresses), (status = 404)), security(("session" = ["users.manage"])))]
async fn of_user(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<OfUser>,
) -> Result<Json<StaffAddresses>, Problem> {
    let look = move |tx: &mut Tx<'_>| {
        if let Err(problem) = changeable_user(tx, &who.principal, who.school, UserId::new(path.id))? {
            return Ok(Err(problem));
        }
        addresses(tx, who.school, path.id).map(Ok)
    };
    let addresses = app.db.read(look).await??;
    Ok(Json(StaffAddresses { addresses }))
}

/// Set the address of a user at a channel.
#[utoipa::path(put, path = "/schools/{school}/users/{id}/notice-addresses/{channel}", tag = "notices",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), ("channel" = String, Path)), request_body = StaffAddressAsk,
    responses((status = 200, body = StaffAddresses), (status = 404), (status = 422)),
    security(("session" = ["users.manage"])))]
async fn put_of_user(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<OfUserChannel>,
    Body(ask): Body<StaffAddressAsk>,
) -> Result<Json<StaffAddresses>, Problem> {
    let change = Change::of(&app, who.school, path.id, &path.channel, Some(&ask.address))?;
    change_of_user(&app, who, change).await
}

/// Forget the address of a user at a channel.
#[utoipa::path(delete, path = "/schools/{school}/users/{id}/notice-addresses/{channel}", tag = "notices",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), ("channel" = String, Path)),
    responses((status = 200, body = StaffAddresses), (status = 404)), security(("session" = ["users.manage"])))]
async fn drop_of_user(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<OfUserChannel>,
) -> Result<Json<StaffAddresses>, Problem> {
    let change = Change::of(&app, who.school, path.id, &path.channel, None)?;
    change_of_user(&app, who, change).await
}

async fn change_of_user(
    app: &App,
    who: Allowed<perm::UsersManage>,
    change: Change,
) -> Result<Json<StaffAddresses>, Problem> {
    let note = who.note(app);
    let write = move |tx: &mut Tx<'_>| {
        let name = match changeable_user(tx, &who.principal, who.school, UserId::new(change.owner))? {
            Ok(name) => name,
            Err(problem) => return Ok(Err(problem)),
        };
        let after = json!({"channel": change.channel.word(), "set": change.address.is_some()});
        let subject = Subject("user", &change.owner.to_string(), &name);
        note.record(tx, "user.notice_address", subject, json!(null), after)?;
        change.write(tx).map(Ok)
    };
    let addresses = app.db.write("set a user's address", write).await??;
    Ok(Json(StaffAddresses { addresses }))
}
