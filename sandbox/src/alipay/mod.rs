//! Alipay's form gateway from the other side: one address, the method in a parameter, every answer signed over its own
//! bytes.

mod agreements;
mod bills;
mod notices;
mod pages;
mod refunds;
mod sn;
mod trades;

pub use notices::{mandate, paid, refunded};
pub use sn::{of_root_serial, of_signed};

use crate::Sandbox;
use crate::books::Channel;
use crate::identity::ALIPAY_APP_ID;
use crate::wire::{self, Incoming, Outgoing, is_loopback};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use serde_json::{Value, json};
use yitong_channels::pay::alipay::sign::{answer_name, signing_text};
use yitong_channels::pay::china_time;
use yitong_channels::query_pairs;

pub fn routes() -> Router<Sandbox> {
    Router::new().route("/gateway.do", any(speak)).route("/alipay/bill", get(crate::control::json_of(bills::download)))
}

async fn speak(State(sandbox): State<Sandbox>, request: Request) -> Response {
    wire::speak(sandbox, request, answer).await
}

/// `code` says which kind of wrong, `sub_code` which one.
pub struct Refusal {
    code: &'static str,
    sub_code: &'static str,
    sub_msg: &'static str,
}

impl Refusal {
    /// The business says no.
    fn business(sub_code: &'static str, sub_msg: &'static str) -> Refusal {
        Refusal { code: "40004", sub_code, sub_msg }
    }

    /// Neither yes nor no: the payer is busy.
    fn waiting(sub_msg: &'static str) -> Refusal {
        Refusal { code: "10003", sub_code: "", sub_msg }
    }

    fn missing(sub_code: &'static str, sub_msg: &'static str) -> Refusal {
        Refusal { code: "40001", sub_code, sub_msg }
    }

    fn invalid(sub_code: &'static str, sub_msg: &'static str) -> Refusal {
        Refusal { code: "40002", sub_code, sub_msg }
    }

    fn told(&self) -> Value {
        let msg = match self.code {
            "40001" => "Missing Required Arguments",
            "40002" => "Invalid Arguments",
            "40006" => "Insufficient Permissions",
            "10003" => "order success pay inprocess",
            _ => "Business Failed",
        };
        json!({"code": self.code, "msg": msg, "sub_code": self.sub_code, "sub_msg": self.sub_msg})
    }
}

type Said = Result<Value, Refusal>;

/// A verified request.
pub struct Asked {
    pub pairs: Vec<(String, String)>,
    pub content: Value,
}

impl Asked {
    pub fn public(&self, name: &str) -> &str {
        public(&self.pairs, name)
    }
}

fn public<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

fn answer(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    // Parameters stand in the address or in the form; the gateway does not mind which.
    let mut pairs = query_pairs(&incoming.query).unwrap_or_default();
    pairs.extend(incoming.text().and_then(query_pairs).unwrap_or_default());
    let method = public(&pairs, "method").to_owned();
    let in_certificates = !public(&pairs, "app_cert_sn").is_empty();
    let verified = verify(sandbox, pairs);
    if method == "alipay.trade.wap.pay" || method == "alipay.trade.page.pay" {
        return pages::open(sandbox, verified);
    }
    if method == "alipay.system.oauth.token" {
        return signed_in(sandbox, verified);
    }
    if method == "alipay.user.agreement.page.sign" {
        return agreements::open(sandbox, verified);
    }
    let said = verified.and_then(|asked| route(sandbox, &method, &asked));
    signed(sandbox, &method, in_certificates, said)
}

/// Who signed in. Of all answers the one that has no `code` when it is good, and is called `error_response` when not.
fn signed_in(sandbox: &Sandbox, verified: Result<Asked, Refusal>) -> Outgoing {
    let who = verified.and_then(|asked| {
        if asked.public("grant_type") != "authorization_code" {
            return Err(Refusal::invalid("isv.grant-type-invalid", "授权类型无效"));
        }
        let code = sandbox.take_code(Channel::Alipay, asked.public("code"));
        code.map_err(|_| Refusal::invalid("isv.code-invalid", "授权码code无效"))
    });
    let (name, told) = match who {
        Ok(id) => {
            let token = crate::wire::random_hex(20);
            let told = json!({"user_id": id, "open_id": id, "access_token": token, "refresh_token": token,
                "expires_in": 1_296_000, "re_expires_in": 2_592_000});
            ("alipay_system_oauth_token_response", told)
        }
        Err(refusal) => ("error_response", refusal.told()),
    };
    let raw = told.to_string();
    let sign = sandbox.id().alipay.platform.pair.signer.sign_base64(raw.as_bytes());
    Outgoing::new(200, "text/html;charset=utf-8", format!("{{\"{name}\":{raw},\"sign\":\"{sign}\"}}"))
}

/// As Alipay writes it: slashes escaped, and the signature over exactly these bytes.
fn signed(sandbox: &Sandbox, method: &str, in_certificates: bool, said: Said) -> Outgoing {
    let told = match said {
        Ok(mut told) => {
            told["code"] = json!("10000");
            told["msg"] = json!("Success");
            told
        }
        Err(refusal) => refusal.told(),
    };
    let raw = told.to_string().replace('/', "\\/");
    let name = if method.is_empty() { "error_response".to_owned() } else { answer_name(method) };
    let sign = sandbox.id().alipay.platform.pair.signer.sign_base64(raw.as_bytes());
    let certificate = match in_certificates {
        true => format!("\"alipay_cert_sn\":\"{}\",", of_signed(&sandbox.id().alipay.platform)),
        false => String::new(),
    };
    let name = json!(name);
    Outgoing::new(200, "text/html;charset=utf-8", format!("{{{name}:{raw},{certificate}\"sign\":\"{sign}\"}}"))
}

fn verify(sandbox: &Sandbox, pairs: Vec<(String, String)>) -> Result<Asked, Refusal> {
    let of = |name: &str| public(&pairs, name);
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|two| two[0] == two[1]) {
        return Err(Refusal::invalid("isv.invalid-parameter", "参数重复"));
    }
    if of("method").is_empty() {
        return Err(Refusal::missing("isv.missing-method", "缺少方法名参数"));
    }
    if of("app_id") != ALIPAY_APP_ID {
        return Err(Refusal::invalid("isv.invalid-app-id", "无效的AppID参数"));
    }
    if of("sign_type") != "RSA2" {
        return Err(Refusal::invalid("isv.invalid-signature-type", "无效签名类型"));
    }
    if !of("charset").eq_ignore_ascii_case("utf-8") {
        return Err(Refusal::invalid("isv.invalid-charset", "字符集错误"));
    }
    if of("version") != "1.0" {
        return Err(Refusal::invalid("isv.invalid-version", "无效的版本"));
    }
    if !of("format").is_empty() && !of("format").eq_ignore_ascii_case("json") {
        return Err(Refusal::invalid("isv.invalid-format", "无效的数据格式"));
    }
    // A timestamp has to be one; the gateway takes those of a day around its own clock.
    let sent_at = china_time::from_china_text(of("timestamp"));
    if sent_at.is_none_or(|at| at.since(sandbox.now()).abs() > 86_400_000) {
        return Err(Refusal::invalid("isv.invalid-timestamp", "非法的时间戳参数"));
    }
    check_certificates(sandbox, of("app_cert_sn"), of("alipay_root_cert_sn"))?;
    if of("sign").is_empty() {
        return Err(Refusal::missing("isv.missing-signature", "缺少签名参数"));
    }
    let text = signing_text(&pairs);
    if !sandbox.id().alipay.app.pair.verifier.verifies_base64(text.as_bytes(), of("sign")) {
        return Err(Refusal::invalid(
            "isv.invalid-signature",
            "验签出错，请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码",
        ));
    }
    let call_back = [of("notify_url"), of("return_url")];
    if call_back.iter().any(|url| !url.is_empty() && !is_loopback(url)) {
        return Err(Refusal::invalid("isv.invalid-parameter", "沙箱只回调本机地址"));
    }
    let content = match of("biz_content") {
        "" => json!({}),
        text => serde_json::from_str(text)
            .ok()
            .filter(Value::is_object)
            .ok_or(Refusal::invalid("isv.invalid-parameter", "参数无效：biz_content"))?,
    };
    Ok(Asked { content, pairs })
}

/// Both or neither, and ours.
fn check_certificates(sandbox: &Sandbox, app: &str, root: &str) -> Result<(), Refusal> {
    if app.is_empty() && root.is_empty() {
        return Ok(());
    }
    let alipay = &sandbox.id().alipay;
    if app != of_signed(&alipay.app) {
        return Err(Refusal::invalid("isv.invalid-app-cert-sn", "应用公钥证书序列号不匹配"));
    }
    if root != of_root_serial(&alipay.root_serial_decimal) {
        return Err(Refusal::invalid("isv.invalid-alipay-root-cert-sn", "支付宝根证书序列号不匹配"));
    }
    Ok(())
}

fn route(sandbox: &Sandbox, method: &str, asked: &Asked) -> Said {
    match method {
        "alipay.trade.create" => trades::create(sandbox, asked),
        "alipay.trade.precreate" => trades::precreate(sandbox, asked),
        "alipay.trade.query" => trades::query(sandbox, asked),
        "alipay.trade.close" => trades::close(sandbox, asked),
        "alipay.trade.cancel" => trades::cancel(sandbox, asked),
        "alipay.trade.pay" => agreements::debit(sandbox, asked),
        "alipay.user.agreement.query" => agreements::query(sandbox, asked),
        "alipay.user.agreement.unsign" => agreements::unsign(sandbox, asked),
        "alipay.trade.refund" => refunds::create(sandbox, asked),
        "alipay.trade.fastpay.refund.query" => refunds::query(sandbox, asked),
        "alipay.data.dataservice.bill.downloadurl.query" => bills::ask(sandbox, asked),
        "alipay.open.app.alipaycert.download" => Ok(json!({
            "alipay_cert_content": yitong_channels::crypto::base64(sandbox.id().alipay.platform.pem.as_bytes()),
        })),
        "alipay.open.app.mini.templatemessage.send" | "alipay.commerce.kids.msg.scene.send" => {
            let sent = crate::tell::send_by_alipay(sandbox, method, &asked.content);
            sent.map(|()| json!({})).map_err(|code| Refusal::business(code, "消息未发送"))
        }
        _ => Err(Refusal::invalid("isv.invalid-method", "不存在的方法名")),
    }
}
