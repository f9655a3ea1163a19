//! The payment sandbox beside the demo: its own address, and an account of the demo school at each of its channels.

use super::Failure;
use crate::App;
use crate::notices::{self, Channel};
use crate::payments::{self, AccountKind};
use std::net::SocketAddr;
use std::path::Path;
use yitong_sandbox::Sandbox;
use yitong_values::SchoolId;

/// Above the server's own port, so that two demos beside each other have two.
const PORT_ABOVE: u16 = 50;

pub(super) fn address(listen: SocketAddr) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], listen.port().saturating_add(PORT_ABOVE)))
}

/// Serves the sandbox until the server stops.
pub(super) async fn start(app: &App, folder: &Path, at: SocketAddr) -> Result<Sandbox, Failure> {
    let sandbox = Sandbox::open(&folder.join("sandbox"), &format!("http://{at}"))?;
    let listener = tokio::net::TcpListener::bind(at).await?;
    let stopping = app.stopping().wait();
    tokio::spawn(sandbox.clone().serve(listener, stopping));
    serve_mail(&sandbox).await?;
    Ok(sandbox)
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
