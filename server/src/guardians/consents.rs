//! What a guardian is asked to agree to: one purpose each, with every item that the law wants said, in two languages.
//! A text that changes gets a new version, and everybody is asked again.

use super::binding::Consents;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The binding itself.
    Account,
    /// Showing purchases, and telling of them.
    Meals,
    /// Messages over channels of others.
    Messages,
    /// The child's photo on the guardian's pages.
    Photo,
}

impl Purpose {
    pub const ALL: [Purpose; 4] = [Purpose::Account, Purpose::Meals, Purpose::Messages, Purpose::Photo];

    pub fn word(self) -> &'static str {
        match self {
            Purpose::Account => "account",
            Purpose::Meals => "meals",
            Purpose::Messages => "messages",
            Purpose::Photo => "photo",
        }
    }

    pub fn from_word(word: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.word() == word)
    }

    /// Without it there is no binding.
    pub fn required(self) -> bool {
        self == Purpose::Account
    }
}

impl Consents {
    /// Of the purposes that can be refused.
    pub fn set(&mut self, purpose: Purpose, given: bool) {
        match purpose {
            Purpose::Account => {}
            Purpose::Meals => self.meals = given,
            Purpose::Messages => self.messages = given,
            Purpose::Photo => self.photo = given,
        }
    }
}

/// One text of consent.
pub struct Text {
    pub purpose: Purpose,
    pub version: i64,
    pub title: (&'static str, &'static str),
    pub body: (&'static str, &'static str),
}

/// Whom to complain to, and who handles the data, differ from school to school: `{school}` and `{phone}`.
pub static TEXTS: [Text; 4] = [
    Text {
        purpose: Purpose::Account,
        version: 1,
        title: ("绑定孩子并建立监护关系", "Tie your account to your child"),
        body: (
            "目的：确认您是孩子的监护人，让您为孩子充值、查看余额、冻结和挂失。\n\
             方式：您主动填写，学校核对；系统自动比对，不使用您的通讯录和位置。\n\
             范围：您的手机号、称呼、与孩子的关系；孩子的姓名、学号、班级、账户余额和状态。\n\
             存放地点：{school}自己的服务器，在中国境内；手机号加密保存，不提供给第三方。\n\
             期限：绑定期间；解除绑定后停止使用。账目按会计档案规定保存，但不再与您关联显示。\n\
             到期处理：孩子离校后绑定保留，以便查询和结清；之后可解除绑定，并可要求学校删除手机号。\n\
             安全：加密传输和存储，工作人员按权限查看，查看和修改都有记录。\n\
             不同意的后果：不能绑定孩子，也不能在手机上充值；孩子用餐不受影响，可到学校现场充值。\n\
             更正与删除：在“信息有误”里告诉学校，或在这里撤回同意即解除绑定。\n\
             投诉：{school}，电话 {phone}；也可向网信部门投诉。",
            "Purpose: to confirm that you are the child's guardian, so that you can top up, see the balance, freeze and \
             report a loss.\n\
             Way: you type it and the school checks it; neither your contacts nor your location are used.\n\
             Scope: your phone number, name and relation; the child's name, number, class, balance and state.\n\
             Place: a server of {school}'s own, in China; phone numbers are encrypted and given to nobody.\n\
             Term: while you are bound. Afterwards it is not used; the books are kept as the law asks, without you.\n\
             At the end: the tie stays when the child leaves, so that the account can be settled; then end it, and you \
             may ask that your number is deleted.\n\
             Safety: encrypted on the way and at rest; staff see what their role needs, and each look is recorded.\n\
             If you refuse: you can't be bound nor top up here. The child eats as before; you can pay at the school.\n\
             Correction and deletion: under “wrong data”, or withdraw here, which ends the tie.\n\
             Complaints: {school}, phone {phone}, or the cyberspace administration.",
        ),
    },
    Text {
        purpose: Purpose::Meals,
        version: 1,
        title: ("查看孩子的消费", "See your child's purchases"),
        body: (
            "目的：让您知道孩子什么时候、在哪个窗口、买了什么、花了多少，以及是否按时用餐。\n\
             方式：系统在收银时自动记录，在您的页面上显示，并按您的设置提醒您。\n\
             范围：消费时间、地点、菜品、金额、余额变化、餐次。\n\
             存放地点：{school}自己的服务器，在中国境内；不提供给第三方，不用于广告。\n\
             期限：您同意期间可以查看；账目本身按会计档案规定保存。\n\
             到期处理：撤回后不再向您显示和提醒，孩子离校后您仍可导出对账单。\n\
             安全：只有您和学校有权限的人员可以查看，学校人员的查看有记录。\n\
             不同意的后果：看不到消费明细，也收不到消费提醒；仍可充值、看余额、冻结和挂失。\n\
             更正与删除：对某一笔有疑问可投诉；在这里可随时撤回同意。\n\
             投诉：{school}，电话 {phone}；也可向网信部门投诉。",
            "Purpose: to tell you when and where your child bought what, for how much, and whether meals were eaten.\n\
             Way: recorded at the counter, shown on your pages, and told as you set it.\n\
             Scope: time, place, dishes, amount, balance, meal period.\n\
             Place: a server of {school}'s own, in China; given to nobody, used for no advertising.\n\
             Term: you see it while you agree; the books themselves are kept as the law asks.\n\
             At the end: after a withdrawal nothing more is shown or told; statements can be exported before.\n\
             Safety: only you and staff with the permission can look, and looks of staff are recorded.\n\
             If you refuse: no purchases and no messages about them; you can still top up, see the balance, freeze and \
             report a loss.\n\
             Correction and deletion: object to a purchase where it is shown; withdraw here at any time.\n\
             Complaints: {school}, phone {phone}, or the cyberspace administration.",
        ),
    },
    Text {
        purpose: Purpose::Messages,
        version: 1,
        title: ("通过微信、短信等接收提醒", "Messages over WeChat, SMS and others"),
        body: (
            "目的：把消费、余额、挂失等提醒及时送到您的手机。\n\
             方式：经您选择的通道（微信、支付宝、短信或浏览器推送）发送。\n\
             范围：发送所需的您的手机号或通道标识，以及提醒内容（孩子的称呼、金额、地点、时间）。\n\
             存放地点：{school}自己的服务器，在中国境内；发送时内容会经过您选择的通道的服务商。\n\
             期限：您同意期间；发送记录供查询和处理投诉，按学校的保存期限删除。\n\
             到期处理：撤回后，关于这个孩子的提醒不再发往外部通道；通道标识可随时在消息设置里删除。\n\
             安全：内容只含必要信息，不含身份证号；通道密钥加密保存。\n\
             不同意的后果：提醒只留在本应用的消息里，不会推送到手机；其他功能不受影响。\n\
             更正与删除：在消息设置里更换或关闭通道；在这里可随时撤回同意。\n\
             投诉：{school}，电话 {phone}；也可向网信部门投诉。",
            "Purpose: to bring messages about purchases, balance and losses to your phone in time.\n\
             Way: over the channels that you choose: WeChat, Alipay, SMS or your browser.\n\
             Scope: your phone number or name at the channel, and the text (the child, amount, place and time).\n\
             Place: a server of {school}'s own, in China; on its way the text passes the channel that you chose.\n\
             Term: while you agree; the record of what was sent is deleted after the school's term.\n\
             At the end: after a withdrawal nothing about this child leaves this server; names at channels can be \
             deleted in the message settings.\n\
             Safety: only what is needed, never an ID number; keys of channels are encrypted.\n\
             If you refuse: messages stay in this app and do not ring; all else works.\n\
             Correction and deletion: change or close channels in the message settings; withdraw here at any time.\n\
             Complaints: {school}, phone {phone}, or the cyberspace administration.",
        ),
    },
    Text {
        purpose: Purpose::Photo,
        version: 1,
        title: ("在您的页面上显示孩子的照片", "Your child's photo on your pages"),
        body: (
            "目的：在家里有几个孩子时，让您一眼认出是哪一个。\n\
             方式：显示学校已有的照片；不会因此另行采集，不用于人脸识别。\n\
             范围：学校保存的一张证件照。\n\
             存放地点：{school}自己的服务器，在中国境内；不提供给第三方。\n\
             期限：您同意期间。\n\
             到期处理：撤回后不再显示；学校自己的照片按学校规定处理。\n\
             安全：只在您登录后显示，不缓存到其他设备。\n\
             不同意的后果：页面上显示姓名首字，其他功能不受影响。\n\
             更正与删除：照片有误请在“信息有误”里告诉学校；在这里可随时撤回同意。\n\
             投诉：{school}，电话 {phone}；也可向网信部门投诉。",
            "Purpose: to tell your children apart at a glance.\n\
             Way: the photo that the school has is shown; none is taken for it, and no face is recognised.\n\
             Scope: the one portrait that the school keeps.\n\
             Place: a server of {school}'s own, in China; given to nobody.\n\
             Term: while you agree.\n\
             At the end: after a withdrawal it is not shown; the school's own copy follows the school's rules.\n\
             Safety: shown only while you are signed in, and kept on no other device.\n\
             If you refuse: a letter is shown instead; all else works.\n\
             Correction and deletion: tell the school under “wrong data”; withdraw here at any time.\n\
             Complaints: {school}, phone {phone}, or the cyberspace administration.",
        ),
    },
];

pub fn text_of(purpose: Purpose) -> &'static Text {
    let found = TEXTS.iter().find(|text| text.purpose == purpose);
    found.expect("every purpose has a text: the test says so")
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConsentText {
    /// account, meals, messages or photo
    pub purpose: String,
    pub version: i64,
    /// Without it there is no binding.
    pub required: bool,
    pub title_zh: String,
    pub title_en: String,
    pub text_zh: String,
    pub text_en: String,
}

/// The texts of one school.
pub fn texts(school: &str, phone: &str) -> Vec<ConsentText> {
    let (phone_zh, phone_en) = if phone.is_empty() { ("见学校公告", "as announced") } else { (phone, phone) };
    let of = |text: &str, phone: &str| text.replace("{school}", school).replace("{phone}", phone);
    let wire = |text: &Text| ConsentText {
        purpose: text.purpose.word().to_owned(),
        version: text.version,
        required: text.purpose.required(),
        title_zh: text.title.0.to_owned(),
        title_en: text.title.1.to_owned(),
        text_zh: of(text.body.0, phone_zh),
        text_en: of(text.body.1, phone_en),
    };
    TEXTS.iter().map(wire).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn every_text_says_what_the_law_asks() {
        let zh = [
            "目的：",
            "方式：",
            "范围：",
            "存放地点：",
            "期限：",
            "到期处理：",
            "安全：",
            "不同意的后果：",
            "更正与删除：",
            "投诉：",
        ];
        let en = ["Purpose:", "Way:", "Scope:", "Place:", "Term:", "At the end:", "Safety:", "If you refuse:"];
        let more = ["Correction and deletion:", "Complaints:"];
        for purpose in Purpose::ALL {
            let text = text_of(purpose);
            for item in zh {
                assert!(text.body.0.contains(item), "{purpose:?} lacks {item}");
            }
            for item in en.into_iter().chain(more) {
                assert!(text.body.1.contains(item), "{purpose:?} lacks {item}");
            }
            assert_eq!(Purpose::from_word(purpose.word()), Some(purpose));
        }
        let shown = texts("榕城实验中学", "0591-1234567");
        assert!(shown.iter().all(|text| text.text_zh.contains("榕城实验中学，电话 0591-1234567")));
        assert!(shown.iter().all(|text| !text.text_zh.contains('{') && !text.text_en.contains('{')));
    }

    /// What somebody agreed to must be found again by its version.
    #[test]
    fn a_text_does_not_change_under_its_version() {
        let digest = |text: &Text| {
            let all = [text.title.0, text.title.1, text.body.0, text.body.1].join("\n");
            let hash = hex::encode(Sha256::digest(all.as_bytes()));
            format!("{} {} {}", text.purpose.word(), text.version, &hash[..16])
        };
        let known: Vec<_> = TEXTS.iter().map(digest).collect();
        let expected = [
            "account 1 b8becdeba3ed8ea3",
            "meals 1 52a2f3fb664deeb1",
            "messages 1 8aa35744fe09336c",
            "photo 1 b07b64e656534187",
        ];
        assert_eq!(known, expected, "a changed text gets the next version");
    }
}
