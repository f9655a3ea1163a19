//! The accounts of message channels: from their settings to something that builds requests.

use super::template::{Flaw, check_field};
use super::{Channel, Kind, Scope};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use yitong_channels::pay::Misuse;
use yitong_channels::tell::{
    Limit, Messenger, Rate, alipay, dingtalk, mail, sms_aliyun, sms_tencent, web_push, wechat, wecom,
};

/// What fits a channel, as words of the settings.
pub fn providers(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Push => &["web_push"],
        Channel::Wechat => &["wechat"],
        Channel::Alipay => &["alipay"],
        Channel::Wecom => &["app", "robot"],
        Channel::Dingtalk => &["robot"],
        Channel::Mail => &["smtp"],
        Channel::Sms => &["aliyun", "tencent"],
    }
}

/// How an account is spoken to.
pub(super) enum Sender {
    /// By a request, whose answer says what became of it.
    Calls(Box<dyn Messenger>),
    /// By a conversation.
    Mail(Box<mail::Account>),
}

impl Sender {
    pub(super) fn rate(&self) -> Rate {
        match self {
            Sender::Calls(messenger) => messenger.rate(),
            Sender::Mail(_) => MAIL_RATE,
        }
    }
}

/// What mail servers take of one sender differs, and they say so when it is too much; a person's mailbox is filled no
/// faster than a phone.
const MAIL_RATE: Rate = Rate::new(&[Limit::new(600, 60)], &[Limit::new(30, 3_600)]);

/// Reads the settings; the keys in them are good afterwards.
pub(super) fn open(channel: Channel, provider: &str, config: &Json) -> Result<Sender, Misuse> {
    if (channel, provider) == (Channel::Mail, "smtp") {
        return Ok(Sender::Mail(Box::new(mail::Account::read(config)?)));
    }
    messenger(channel, provider, config).map(Sender::Calls)
}

fn messenger(channel: Channel, provider: &str, config: &Json) -> Result<Box<dyn Messenger>, Misuse> {
    Ok(match (channel, provider) {
        (Channel::Push, "web_push") => Box::new(web_push::WebPush::new(read(config)?)?),
        (Channel::Wechat, "wechat") => Box::new(wechat::Wechat::new(read(config)?)?),
        (Channel::Alipay, "alipay") => Box::new(alipay::Alipay::new(read(config)?)?),
        (Channel::Wecom, "app") => Box::new(wecom::WecomApp::new(read(config)?)?),
        (Channel::Wecom, "robot") => Box::new(wecom::WecomRobot::new(read(config)?)?),
        (Channel::Dingtalk, "robot") => Box::new(dingtalk::DingtalkRobot::new(read(config)?)?),
        (Channel::Sms, "aliyun") => Box::new(sms_aliyun::AliyunSms::new(read(config)?)?),
        (Channel::Sms, "tencent") => Box::new(sms_tencent::TencentSms::new(read(config)?)?),
        _ => return Err(Misuse::new("provider", "the channel has no such provider")),
    })
}

fn read<C: DeserializeOwned>(config: &Json) -> Result<C, Misuse> {
    C::deserialize(config).map_err(|why| Misuse::new("config", why.to_string()))
}

/// A school's own settings lead to the channel itself: only who runs the server may send it elsewhere.
pub(super) fn leads_elsewhere(channel: Channel, config: &Json) -> bool {
    let own_machine = || mail::Account::read(config).is_ok_and(|account| account.is_loopback());
    ["base_url", "allow_loopback"].iter().any(|field| config.get(field).is_some())
        || (channel == Channel::Mail && own_machine())
}

/// The schools' own accounts that make sense: a phone number is the server's to pay for, a browser subscribes to the
/// server.
pub(super) fn fits(channel: Channel, scope: Scope) -> bool {
    match scope {
        Scope::Server => !providers(channel).is_empty(),
        Scope::School(_) => {
            matches!(channel, Channel::Wechat | Channel::Alipay | Channel::Wecom | Channel::Dingtalk | Channel::Mail)
        }
    }
}

/// Whether an address is good at any account of the channel.
pub(super) fn address_is_common(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Mail | Channel::Push)
}

/// Channels that send approved texts of their own only; the message brings the values.
pub(super) fn needs_template(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Wechat | Channel::Alipay)
}

/// A template that was approved at the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelTemplate)]
pub struct ChannelTemplate {
    /// Its name at the channel: SMS_123456, or WeChat's template id.
    #[schema(max_length = 128)]
    pub id: String,
    /// The channel's names, and what is written there, with our variables: `{"thing1": "{child}"}`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// By the word of their kind.
pub type Templates = BTreeMap<String, ChannelTemplate>;

const FIELDS_MAX: usize = 20;
const ID_SIGNS_MAX: usize = 128;
const FIELD_SIGNS_MAX: usize = 200;

/// Why the templates of a channel can't be kept: which kind, and what is wrong.
pub(super) fn check_templates(templates: &Templates) -> Result<(), (String, Flaw)> {
    for (word, template) in templates {
        let wrong = |flaw: Flaw| (word.clone(), flaw);
        let kind = Kind::from_word(word).ok_or_else(|| wrong(Flaw::Unknown(word.clone())))?;
        if template.id.trim().is_empty() {
            return Err(wrong(Flaw::Empty));
        }
        if template.id.chars().count() > ID_SIGNS_MAX || template.fields.len() > FIELDS_MAX {
            return Err(wrong(Flaw::TooLong(ID_SIGNS_MAX)));
        }
        for (name, text) in &template.fields {
            if name.chars().count() > ID_SIGNS_MAX || text.chars().count() > FIELD_SIGNS_MAX {
                return Err(wrong(Flaw::TooLong(FIELD_SIGNS_MAX)));
            }
            check_field(kind, text).map_err(wrong)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_read_or_refused_with_their_field() {
        let good = json!({"access_key_id": "id", "access_key_secret": "secret", "sign_name": "一通"});
        assert!(open(Channel::Sms, "aliyun", &good).is_ok());
        let field = |provider: &str, config: &Json| open(Channel::Sms, provider, config).err().map(|why| why.field);
        assert_eq!(field("aliyun", &json!({"access_key_id": "id"})), Some("config"));
        assert_eq!(field("elsewhere", &good), Some("provider"));
        let unsafe_base = json!({"access_key_id": "id", "access_key_secret": "s", "sign_name": "一通",
                                 "base_url": "http://sms.example"});
        assert_eq!(field("aliyun", &unsafe_base), Some("base_url"));
        assert!(leads_elsewhere(Channel::Sms, &unsafe_base) && !leads_elsewhere(Channel::Sms, &good));
    }

    #[test]
    fn a_channel_template_uses_variables_that_exist() {
        let of = |kind: &str, text: &str| {
            let fields = BTreeMap::from([("name".to_owned(), text.to_owned())]);
            check_templates(&BTreeMap::from([(kind.to_owned(), ChannelTemplate { id: "SMS_1".into(), fields })]))
        };
        assert_eq!(of("purchase", "{child}"), Ok(()));
        assert_eq!(of("purchase", "{dish}"), Err(("purchase".into(), Flaw::Unknown("dish".into()))));
        assert_eq!(of("lunch", "{child}"), Err(("lunch".into(), Flaw::Unknown("lunch".into()))));
    }
}
