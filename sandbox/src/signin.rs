//! Signing in through WeChat and Alipay: a page to agree or refuse at, and the code that the merchant's server exchanges
//! for who it was. Three pretend persons; a code is good once, for five minutes.

use crate::Sandbox;
use crate::books::Channel;
use crate::identity::{ALIPAY_APP_ID, WECHAT_APPID};
use crate::pages::{Language, Width, escape, frame};
use crate::wire::{Incoming, Outgoing, is_loopback, random_hex};
use axum::Router;
use axum::routing::get;
use serde_json::json;
use yitong_channels::crypto::same;
use yitong_channels::percent_encode;
use yitong_values::Timestamp;

const LIFE_MS: i64 = 5 * 60_000;
/// Codes that are remembered, so that a second use is told from a wrong one.
const CODES_MAX: usize = 1_000;
const PERSONS: [(&str, &str, &str); 3] =
    [("1", "王女士", "Ms Wang"), ("2", "李先生", "Mr Li"), ("3", "陈爷爷", "Mr Chen")];

pub fn routes() -> Router<Sandbox> {
    use crate::control::json_of;
    Router::new()
        .route("/connect/oauth2/authorize", get(json_of(wechat_page)))
        .route("/sns/oauth2/access_token", get(json_of(wechat_token)))
        .route("/oauth2/publicAppAuthorize.htm", get(json_of(alipay_page)))
        .route("/signin/agreed", get(json_of(agreed)))
}

/// A code that was given out.
pub struct Given {
    channel: Channel,
    open_id: String,
    until: Timestamp,
    used: bool,
}

/// Why a code says nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    Wrong,
    Used,
    Over,
}

impl Sandbox {
    fn give_code(&self, channel: Channel, person: &str) -> String {
        let (code, now) = (random_hex(16), self.now());
        let prefix = if channel == Channel::Wechat { "oSandboxPerson" } else { "2088000000000" };
        let given = Given { channel, open_id: format!("{prefix}00{person}"), until: now.plus_ms(LIFE_MS), used: false };
        let mut state = self.state();
        if state.sign_ins.len() >= CODES_MAX {
            state.sign_ins.clear();
        }
        state.sign_ins.insert(code.clone(), given);
        code
    }

    /// Who it was. The code is used up, also by the one to whom it says nothing.
    pub(crate) fn take_code(&self, channel: Channel, code: &str) -> Result<String, NoCode> {
        let now = self.now();
        let mut state = self.state();
        let given = state.sign_ins.get_mut(code).filter(|given| given.channel == channel).ok_or(NoCode::Wrong)?;
        if std::mem::replace(&mut given.used, true) {
            return Err(NoCode::Used);
        }
        if given.until <= now { Err(NoCode::Over) } else { Ok(given.open_id.clone()) }
    }
}

fn wechat_page(_: &Sandbox, incoming: &Incoming) -> Outgoing {
    let of = |name| incoming.asked(name).unwrap_or_default();
    let sound = of("appid") == WECHAT_APPID && of("response_type") == "code" && of("scope").starts_with("snsapi_");
    page(incoming, "wechat", sound)
}

fn alipay_page(_: &Sandbox, incoming: &Incoming) -> Outgoing {
    let of = |name| incoming.asked(name).unwrap_or_default();
    let sound = of("app_id") == ALIPAY_APP_ID && ["auth_base", "auth_user"].contains(&of("scope").as_str());
    page(incoming, "alipay", sound)
}

/// Links, not a form: a browser follows them to the merchant wherever the page's own policy sends forms.
fn page(incoming: &Incoming, channel: &str, sound: bool) -> Outgoing {
    let lang = Language::of(incoming);
    let title = match channel {
        "wechat" => lang.say("微信授权登录", "Sign in with WeChat"),
        _ => lang.say("支付宝授权登录", "Sign in with Alipay"),
    };
    let back = incoming.asked("redirect_uri").filter(|back| is_loopback(back));
    let (Some(back), true) = (back, sound) else {
        let text = lang.say(
            "参数有误：应用号、授权范围，或回调地址不在本机。",
            "A parameter is wrong: the app, the scope, or an address that is not this machine's.",
        );
        let mut page = frame(incoming, Width::Narrow, title, &format!("<p class=\"note no\">{text}</p>"));
        page.status = 400;
        return page;
    };
    let state = incoming.asked("state").unwrap_or_default();
    let link = |person: &str| {
        let (back, state) = (percent_encode(&back), percent_encode(&state));
        escape(&format!("/signin/agreed?channel={channel}&person={person}&redirect_uri={back}&state={state}"))
    };
    let mut content = format!("<p>{}</p>", lang.say("选择以谁的身份登录：", "Who signs in:"));
    for (person, zh, en) in PERSONS {
        content.push_str(&format!("<p><a class=\"button\" href=\"{}\">{}</a></p>", link(person), lang.say(zh, en)));
    }
    let refuse = lang.say("拒绝授权", "Refuse");
    content.push_str(&format!("<p><a class=\"button\" href=\"{}\">{refuse}</a></p>", link("nobody")));
    frame(incoming, Width::Narrow, title, &content)
}

/// Back to the merchant, with a code or without.
fn agreed(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let of = |name| incoming.asked(name).unwrap_or_default();
    let (back, person) = (of("redirect_uri"), of("person"));
    let known = PERSONS.iter().any(|(known, ..)| *known == person);
    if !is_loopback(&back) || !(known || person == "nobody") {
        return Outgoing::new(400, "text/plain; charset=utf-8", "redirect_uri, person");
    }
    let (channel, name, more) = match of("channel").as_str() {
        "wechat" => (Channel::Wechat, "code", String::new()),
        "alipay" => (Channel::Alipay, "auth_code", format!("&app_id={ALIPAY_APP_ID}&scope=auth_base")),
        _ => return Outgoing::new(400, "text/plain; charset=utf-8", "channel"),
    };
    let code = if known { format!("{name}={}&", sandbox.give_code(channel, &person)) } else { String::new() };
    let sign = if back.contains('?') { '&' } else { '?' };
    let to = format!("{back}{sign}{code}state={}{more}", percent_encode(&of("state")));
    Outgoing::new(302, "text/plain; charset=utf-8", "").header("location", to).header("cache-control", "no-store")
}

/// As WeChat answers: 200, and a number where it says no.
fn wechat_token(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let of = |name| incoming.asked(name).unwrap_or_default();
    let no = |code: i64, words: &str| Outgoing::json(200, &json!({"errcode": code, "errmsg": words}));
    if of("appid") != WECHAT_APPID {
        return no(40013, "invalid appid");
    }
    if !same(of("secret").as_bytes(), sandbox.id().message_secret.as_bytes()) {
        return no(40125, "invalid appsecret");
    }
    if of("grant_type") != "authorization_code" {
        return no(40002, "invalid grant_type");
    }
    match sandbox.take_code(Channel::Wechat, &of("code")) {
        Ok(open_id) => Outgoing::json(
            200,
            &json!({"access_token": random_hex(32), "expires_in": 7200, "refresh_token": random_hex(32),
                "openid": open_id, "scope": "snsapi_base"}),
        ),
        Err(NoCode::Used) => no(40163, "code been used"),
        Err(NoCode::Over) => no(42003, "oauth_code expired"),
        Err(NoCode::Wrong) => no(40029, "invalid code"),
    }
}
