//! Accounts of message channels over HTTP: the server's, for its operator, and a school's own. Keys go in and never come
//! out.

use super::channels::{self, ChannelTemplate, Templates};
use super::queue_store::Account;
use super::settings_store::{self as rows, Setting};
use super::template::Flaw;
use super::{Channel, Kind, Scope, accounts, jobs, push};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::{self, Actor, Change};
use crate::signin::{Allowed, Operator, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::tell::Sent;
use yitong_values::AuditId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put))
        .routes(routes!(test))
        .routes(routes!(list_of_school))
        .routes(routes!(put_of_school))
        .routes(routes!(test_of_school))
}

#[derive(Serialize, ToSchema)]
struct NoticeChannels {
    items: Vec<NoticeChannel>,
}

#[derive(Serialize, ToSchema)]
struct NoticeChannel {
    /// push, wechat, alipay, wecom, dingtalk, mail or sms
    channel: String,
    /// What can be chosen as its provider.
    providers: Vec<String>,
    /// Null: there are no settings.
    provider: Option<String>,
    on: bool,
    /// Whether it sends approved templates only.
    needs_template: bool,
    templates: BTreeMap<String, ChannelTemplate>,
    changed_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelAsk {
    #[schema(max_length = 40)]
    provider: String,
    on: bool,
    /// By kind.
    #[serde(default)]
    templates: BTreeMap<String, ChannelTemplate>,
    /// Keys and numbers of the account, as the provider names them. Left out: those that are kept stay.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    config: Option<Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelTest {
    /// A phone number, an open id, a member: as the channel knows somebody.
    #[schema(max_length = 3000)]
    address: String,
    /// Which message, with example values.
    #[schema(max_length = 40)]
    kind: String,
}

#[derive(Serialize, ToSchema)]
struct ChannelTested {
    /// accepted, refused or unknown
    outcome: String,
    /// The channel's own words.
    code: Option<String>,
    words: Option<String>,
}

/// The server's accounts of message channels.
#[utoipa::path(get, path = "/notice-channels", tag = "notices", responses((status = 200, body = NoticeChannels)),
    security(("session" = ["operate"])))]
async fn list(State(app): State<App>, _who: Operator) -> Result<Json<NoticeChannels>, Problem> {
    listed(&app, Scope::Server).await.map(Json)
}

/// Set up a channel for all schools.
#[utoipa::path(put, path = "/notice-channels/{channel}", tag = "notices", params(("channel" = String, Path)),
    request_body = ChannelAsk, responses((status = 200, body = NoticeChannel), (status = 422)),
    security(("session" = ["operate"])))]
async fn put(
    State(app): State<App>,
    who: Operator,
    Path(channel): Path<String>,
    Body(ask): Body<ChannelAsk>,
) -> Result<Json<NoticeChannel>, Problem> {
    let actor = Actor { user: who.0.user, from: who.0.from };
    set(&app, Scope::Server, &channel, ask, actor).await.map(Json)
}

/// Send a message with example values to somebody, to see whether the account works.
#[utoipa::path(post, path = "/notice-channels/{channel}/test", tag = "notices", params(("channel" = String, Path)),
    request_body = ChannelTest, responses((status = 200, body = ChannelTested), (status = 422)),
    security(("session" = ["operate"])))]
async fn test(
    State(app): State<App>,
    _who: Operator,
    Path(channel): Path<String>,
    Body(ask): Body<ChannelTest>,
) -> Result<Json<ChannelTested>, Problem> {
    tested(&app, Scope::Server, &channel, &ask).await.map(Json)
}

/// The school's own accounts of message channels. Where it has none, the server's are used.
#[utoipa::path(get, path = "/schools/{school}/notice-channels", tag = "notices", params(("school" = Uuid, Path)),
    responses((status = 200, body = NoticeChannels)), security(("session" = ["notices.read"])))]
async fn list_of_school(
    State(app): State<App>,
    who: Allowed<perm::NoticesRead>,
) -> Result<Json<NoticeChannels>, Problem> {
    listed(&app, Scope::School(who.school)).await.map(Json)
}

#[derive(Deserialize)]
struct OfSchool {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    channel: String,
}

/// Set up a channel of the school's own: its WeChat, Alipay, WeCom, DingTalk or mail server.
#[utoipa::path(put, path = "/schools/{school}/notice-channels/{channel}", tag = "notices",
    params(("school" = Uuid, Path), ("channel" = String, Path)), request_body = ChannelAsk,
    responses((status = 200, body = NoticeChannel), (status = 422)), security(("session" = ["notices.manage"])))]
async fn put_of_school(
    State(app): State<App>,
    who: Allowed<perm::NoticesManage>,
    Path(path): Path<OfSchool>,
    Body(ask): Body<ChannelAsk>,
) -> Result<Json<NoticeChannel>, Problem> {
    set(&app, Scope::School(who.school), &path.channel, ask, who.actor()).await.map(Json)
}

/// The same test for a channel of the school's own.
#[utoipa::path(post, path = "/schools/{school}/notice-channels/{channel}/test", tag = "notices",
    params(("school" = Uuid, Path), ("channel" = String, Path)), request_body = ChannelTest,
    responses((status = 200, body = ChannelTested), (status = 422)), security(("session" = ["notices.manage"])))]
async fn test_of_school(
    State(app): State<App>,
    who: Allowed<perm::NoticesManage>,
    Path(path): Path<OfSchool>,
    Body(ask): Body<ChannelTest>,
) -> Result<Json<ChannelTested>, Problem> {
    tested(&app, Scope::School(who.school), &path.channel, &ask).await.map(Json)
}

fn wire(channel: Channel, setting: Option<Setting>) -> NoticeChannel {
    let (on, changed_at) = setting.as_ref().map_or((false, None), |kept| (kept.on, Some(kept.changed_at.to_string())));
    let (provider, templates) = setting.map(|kept| (kept.account.provider, kept.account.templates)).unzip();
    NoticeChannel {
        channel: channel.word().to_owned(),
        providers: channels::providers(channel).iter().map(|word| (*word).to_owned()).collect(),
        provider,
        on,
        needs_template: channels::needs_template(channel),
        templates: templates.unwrap_or_default(),
        changed_at,
    }
}

async fn listed(app: &App, scope: Scope) -> Result<NoticeChannels, Problem> {
    let mut kept = app.db.read(move |tx| rows::settings(tx, scope)).await?;
    let mut take = |channel: Channel| {
        let at = kept.iter().position(|setting| setting.account.channel == channel);
        wire(channel, at.map(|at| kept.swap_remove(at)))
    };
    let fitting = Channel::ALL.into_iter().filter(|channel| channels::fits(*channel, scope));
    Ok(NoticeChannels { items: fitting.map(&mut take).collect() })
}

/// The channel of the path, which must be one that such an account makes sense for.
fn named(scope: Scope, word: &str) -> Result<Channel, Problem> {
    Channel::from_word(word).filter(|channel| channels::fits(*channel, scope)).ok_or_else(Problem::absent)
}

async fn set(app: &App, scope: Scope, word: &str, ask: ChannelAsk, actor: Actor) -> Result<NoticeChannel, Problem> {
    let channel = named(scope, word)?;
    check_templates(&ask.templates)?;
    let before = app.db.read(move |tx| rows::setting(tx, scope, channel)).await?;
    let config = config_of(app, scope, channel, &ask, before.as_ref())?;
    let opened = channels::open(channel, &ask.provider, &config);
    opened.map_err(|why| misuse(&format!("{}: {}", why.field, why.why)))?;
    let sealed = app.seal.seal(&accounts::place(scope.uuid(), channel), config.to_string().as_bytes());
    let account =
        Account { scope, channel, provider: ask.provider, config: sealed, templates: ask.templates, version: 0 };
    let new = Setting { account, on: ask.on, changed_at: app.now() };
    let note = (AuditId::from(app.new_id()), app.now(), actor);
    let written = new.clone();
    let write = move |tx: &mut Tx<'_>| {
        rows::put_setting(tx, &written)?;
        record(tx, note, scope, channel, before.as_ref(), &written)
    };
    app.db.write("set a message channel", write).await?;
    Ok(wire(channel, Some(new)))
}

/// The settings to keep: those that were sent, or those that are there.
fn config_of(
    app: &App,
    scope: Scope,
    channel: Channel,
    ask: &ChannelAsk,
    before: Option<&Setting>,
) -> Result<Value, Problem> {
    let kept = before.and_then(|kept| accounts::opened(&app.seal, scope.uuid(), channel, &kept.account.config));
    if channel == Channel::Push {
        let config = push::changed(kept.unwrap_or_else(push::fresh), ask.config.as_ref().unwrap_or(&Value::Null));
        return config.map_err(|why| misuse(&why.why));
    }
    match (&ask.config, kept, before) {
        (Some(config), ..) if scope != Scope::Server && channels::leads_elsewhere(channel, config) => {
            Err(misuse("the address: only the operator of the server may lead it elsewhere"))
        }
        (Some(config), ..) => Ok(config.clone()),
        (None, Some(kept), Some(before)) if before.account.provider == ask.provider => Ok(kept),
        _ => {
            let (zh, en) = ("请填写此服务商的账号参数。", "The settings of this provider are missing.");
            Err(Problem::bad("config_missing", zh, en).field("config"))
        }
    }
}

fn misuse(why: &str) -> Problem {
    let (zh, en) = (format!("渠道参数有误：{why}"), format!("The settings of the channel are wrong: {why}"));
    Problem::bad("bad_channel_config", zh, en).field("config")
}

fn check_templates(templates: &Templates) -> Result<(), Problem> {
    channels::check_templates(templates).map_err(|(kind, flaw)| {
        let (zh, en) = words(&flaw);
        Problem::bad("bad_template", format!("“{kind}”的模板：{zh}"), format!("Template of {kind}: {en}"))
            .field("templates")
    })
}

/// What is wrong with a text, for the one who wrote it.
pub(super) fn words(flaw: &Flaw) -> (String, String) {
    match flaw {
        Flaw::Empty => ("不能为空。".into(), "It is empty.".into()),
        Flaw::TooLong(most) => (format!("不超过 {most} 字。"), format!("It has more than {most} characters.")),
        Flaw::Unclosed => ("花括号或方括号没有成对。".into(), "A brace or a bracket is not closed.".into()),
        Flaw::Unknown(name) => (format!("没有 {{{name}}} 这个变量。"), format!("There is no variable {{{name}}}.")),
        Flaw::Missing(name) => (
            format!("正文必须包含 {{{name}}}，且不能放在方括号里。"),
            format!("The text must have {{{name}}}, and not in brackets."),
        ),
        Flaw::Shames(word) => (
            format!("不能使用“{word}”，请写“延迟扣款”。"),
            format!("\"{word}\" is not used here; write \"to be collected later\"."),
        ),
    }
}

fn record(
    tx: &mut Tx<'_>,
    (id, at, actor): (AuditId, yitong_values::Timestamp, Actor),
    scope: Scope,
    channel: Channel,
    before: Option<&Setting>,
    after: &Setting,
) -> Result<(), crate::plumbing::db::DbError> {
    let shown =
        |kept: &Setting| json!({"provider": kept.account.provider, "on": kept.on, "templates": kept.account.templates});
    let school = match scope {
        Scope::Server => None,
        Scope::School(school) => Some(school),
    };
    let change = Change {
        id,
        at,
        actor,
        school,
        action: "notices.channel",
        subject_kind: "notice_channel",
        subject_id: channel.word(),
        subject_name: channel.word(),
        before: before.map_or(Value::Null, shown),
        after: shown(after),
    };
    audit::record(tx, &change)
}

async fn tested(app: &App, scope: Scope, word: &str, ask: &ChannelTest) -> Result<ChannelTested, Problem> {
    let channel = named(scope, word)?;
    let kind = Kind::from_word(&ask.kind)
        .ok_or_else(|| Problem::bad("bad_kind", "没有这种消息。", "There is no such kind of message.").field("kind"))?;
    let kept = app.db.read(move |tx| rows::setting(tx, scope, channel)).await?.ok_or_else(|| {
        Problem::bad("config_missing", "请先保存此渠道的参数。", "Save the settings of this channel first.")
    })?;
    let tried = jobs::test_send(app, &kept.account, ask.address.trim(), kind).await;
    let said = jobs::said(&tried);
    let outcome = match &tried {
        super::delivery::Tried::Answered(Sent::Accepted { .. }) => "accepted",
        super::delivery::Tried::Answered(Sent::Unknown { .. }) => "unknown",
        _ => "refused",
    };
    Ok(ChannelTested { outcome: outcome.to_owned(), code: said.code.or(said.class.map(Into::into)), words: said.words })
}
