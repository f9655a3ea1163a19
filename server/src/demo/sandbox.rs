//! The payment sandbox beside the demo: its own address, and an account of the demo school at each of its channels.

use super::Failure;
use crate::App;
use crate::notices::{self, Channel};
use crate::payments::{self, AccountKind};
use crate::plumbing::config::{AlipaySignIn, Config, Secret, WechatSignIn};
use std::net::SocketAddr;
use std::path::Path;
use yitong_sandbox::Sandbox;
use yitong_values::SchoolId;

/// Above the server's own port, so that two demos beside each other have two.
const PORT_ABOVE: u16 = 50;

pub(super) fn address(listen: SocketAddr) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], listen.port().saturating_add(PORT_ABOVE)))
}

/// The sandbox, and in the settings what makes it the channel of signing in, and the pages' own address to come back to.
/// What somebody has set stays.
pub(super) fn open(config: &mut Config, at: SocketAddr) -> Result<Sandbox, Failure> {
    let sandbox = Sandbox::open(&config.data.join("sandbox"), &format!("http://{at}"))?;
    let settings = sandbox.settings();
    let (wechat, alipay) = (&settings.wechat_sign_in, &settings.alipay_sign_in);
    let text = |of: &serde_json::Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    if !config.oauth.wechat.is_set() {
        config.oauth.wechat = WechatSignIn {
            app_id: text(wechat, "app_id"),
            secret: Secret::new(text(wechat, "secret")),
            authorize: text(wechat, "authorize"),
            api: text(wechat, "api"),
        };
    }
    if !config.oauth.alipay.is_set() {
        config.oauth.alipay = AlipaySignIn {
            app_id: text(alipay, "app_id"),
            private_key: Secret::new(text(alipay, "private_key")),
            public_key: text(alipay, "public_key"),
            authorize: text(alipay, "authorize"),
            gateway: text(alipay, "gateway"),
        };
    }
    config.public_url.get_or_insert_with(|| format!("http://{}", config.listen));
    Ok(sandbox)
}

/// Serves the sandbox until the server stops.
pub(super) async fn start(app: &App, sandbox: &Sandbox, at: SocketAddr) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind(at).await?;
    let stopping = app.stopping().wait();
    tokio::spawn(sandbox.clone().serve(listener, stopping));
    serve_mail(sandbox).await
}

async fn serve_mail(sandbox: &Sandbox) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", sandbox.mail_port())).await?;
    tokio::spawn(sandbox.clone().serve_mail(listener));
    Ok(())
}

/// One account for each channel, as the finance officer would make it.
pub(super) async fn open_accounts(app: &App, school: SchoolId, sandbox: &Sandbox) -> Result<(), Failure> {
    let settings = sandbox.settings().all();
    let names = [
        (AccountKind::Wechat, "微信支付（沙箱）"),
        (AccountKind::Alipay, "支付宝（沙箱）"),
        (AccountKind::UnionPay, "云闪付（沙箱）"),
        (AccountKind::ChinaUms, "银联商务（沙箱）"),
    ];
    for (kind, name) in names {
        if let Some(of) = settings.get(kind.word()) {
            payments::open_account(app, school, kind, name, of).await?;
        }
    }
    Ok(())
}

/// Sign-in codes and messages go to the sandbox, which shows them on its page.
pub(super) async fn open_messages(app: &App, sandbox: &Sandbox) -> Result<(), Failure> {
    let settings = sandbox.settings();
    let code: &[(&str, &str)] = &[("code", "{code}")];
    let templates = [("sign_in_code", "SMS_100001", code)];
    notices::set_channel(app, Channel::Sms, "aliyun", &settings.sms_aliyun, &templates).await?;
    notices::set_channel(app, Channel::Mail, "smtp", &settings.mail, &[]).await
}

/// The sandbox alone: `yitong sandbox`. Its settings are written beside its keys, for whoever sets up a school by hand.
pub async fn alone(folder: &Path, at: SocketAddr) -> Result<(), Failure> {
    let sandbox = Sandbox::open(folder, &format!("http://{at}"))?;
    let listener = tokio::net::TcpListener::bind(at).await?;
    serve_mail(&sandbox).await?;
    let file = folder.join("settings.json");
    std::fs::write(&file, serde_json::to_string_pretty(&sandbox.settings().all())?)?;
    println!("支付沙箱 payment sandbox: http://{at}/");
    println!("渠道参数 settings of its channel accounts: {}", file.display());
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    sandbox.serve(listener, stop).await?;
    Ok(())
}
