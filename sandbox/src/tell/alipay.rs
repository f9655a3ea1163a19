//! Messages over Alipay's gateway: a mini-program's template message, and the notice to a pupil's guardian.

use super::{Arrived, text};
use crate::Sandbox;
use serde_json::{Map, Value};

/// `Err` is the `sub_code` of a refusal.
pub fn send(sandbox: &Sandbox, method: &str, content: &Value) -> Result<(), &'static str> {
    let message = if method == "alipay.commerce.kids.msg.scene.send" { kids(content) } else { template(content) }?;
    if sandbox.arrive(message) { Ok(()) } else { Err("USER_NOT_SUBSCRIBE") }
}

fn template(content: &Value) -> Result<Arrived, &'static str> {
    let to = [text(content, "/to_open_id"), text(content, "/to_user_id")].concat();
    let template = text(content, "/user_template_id");
    if to.is_empty() || text(content, "/page").is_empty() {
        return Err("INVALID_PARAMETER");
    }
    if template.is_empty() {
        return Err("USER_TEMPLATE_ILLEGAL");
    }
    let mut message = Arrived::new("alipay", to);
    for (name, value) in inner(content, "/data")? {
        let value = value["value"].as_str().ok_or("INVALID_PARAMETER")?;
        message.fields.insert(name, value.to_owned());
    }
    message.template = template.to_owned();
    message.link = text(content, "/page").to_owned();
    Ok(message)
}

fn kids(content: &Value) -> Result<Arrived, &'static str> {
    let data = inner(content, "/biz_data")?;
    let of = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    if of("target_userid").is_empty() || text(content, "/out_biz_no").is_empty() {
        return Err("INVALID_PARAMETER");
    }
    let mut message = Arrived::new("alipay_kids", of("target_userid"));
    message.template = text(content, "/template_code").to_owned();
    message.link = of("link").to_owned();
    let plain = data.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    message.fields = plain.filter(|(name, _)| name != "target_userid" && name != "link").collect();
    Ok(message)
}

/// An object that was written into a text.
fn inner(content: &Value, path: &str) -> Result<Map<String, Value>, &'static str> {
    match serde_json::from_str(text(content, path)) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err("INVALID_PARAMETER"),
    }
}
