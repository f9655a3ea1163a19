//! Mail to the outside: one conversation with a mail server for each mail. What is known of a mail whose conversation
//! broke depends on where it broke, so each step is taken by itself.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;
use yitong_channels::tell::is_public;
use yitong_channels::tell::mail::{Account, Mail, Part, Tls};

/// Until the mail server has agreed to take the mail; some keep strangers waiting on purpose.
const OPENING: Duration = Duration::from_secs(20);
/// From the mail's first byte to the answer.
const TAKING: Duration = Duration::from_secs(20);
const GOODBYE: Duration = Duration::from_secs(1);

/// Where the conversation ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// With an answer: good only after the whole mail.
    Said { part: Part, code: u16, words: String },
    /// Before the mail left this machine.
    NotSent(String),
    /// After that, without an answer.
    Lost(String),
}

/// Whose word it is that this server may be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// The operator's: anywhere.
    Anywhere,
    /// Somebody else's: the public internet, so that nobody knocks at our own network's doors through us.
    Public,
}

pub async fn send(account: &Account, mail: &Mail, allowed: Allowed) -> Ended {
    let mut open = match timeout(OPENING, open(account, mail, allowed)).await {
        Ok(Ok(open)) => open,
        Ok(Err(ended)) => return ended,
        Err(_) => return Ended::NotSent("the mail server takes too long".into()),
    };
    let taken = timeout(TAKING, open.message(&mail.bytes)).await;
    let _ = timeout(GOODBYE, open.quit()).await;
    match taken {
        Ok(Ok(response)) => {
            let words = response.message().collect::<Vec<_>>().join(" ");
            Ended::Said { part: Part::Mail, code: response.code().into(), words }
        }
        Ok(Err(error)) => said(Part::Mail, &error).unwrap_or_else(|| Ended::Lost(chain(&error))),
        Err(_) => Ended::Lost("no answer to the mail in time".into()),
    }
}

/// Up to the server's word that the mail may come.
async fn open(account: &Account, mail: &Mail, allowed: Allowed) -> Result<AsyncSmtpConnection, Ended> {
    let ended = |part: Part| move |error: Error| said(part, &error).unwrap_or_else(|| Ended::NotSent(chain(&error)));
    let us = ended(Part::Opening);
    let addresses = resolved(account, allowed).await.map_err(Ended::NotSent)?;
    let parameters = || TlsParameters::new_rustls(account.host.clone());
    let hello = ClientId::Domain(mail.envelope.from().map_or("localhost", |from| from.domain()).to_owned());
    let at_once = (account.tls == Tls::Implicit).then(parameters).transpose().map_err(us)?;
    let mut open =
        AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(OPENING), &hello, at_once, None).await.map_err(us)?;
    if account.tls == Tls::Starttls {
        // One that does not offer it is left: the password is not for everybody on the way.
        open.starttls(parameters().map_err(us)?, &hello).await.map_err(us)?;
    }
    if let Some((user, password)) = &account.login {
        let credentials = Credentials::new(user.clone(), password.clone());
        open.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(us)?;
    }
    let step = |done: Result<Response, Error>, part: Part| done.map(|_| ()).map_err(ended(part));
    step(open.command(MailFrom::new(mail.envelope.from().cloned(), Vec::new())).await, Part::Opening)?;
    for to in mail.envelope.to() {
        step(open.command(Rcpt::new(to.clone(), Vec::new())).await, Part::Mail)?;
    }
    step(open.command(Data).await, Part::Mail)?;
    Ok(open)
}

async fn resolved(account: &Account, allowed: Allowed) -> Result<Vec<SocketAddr>, String> {
    let found = tokio::net::lookup_host((account.host.as_str(), account.port)).await;
    let found = found.map_err(|error| format!("the mail server's name is not known: {error}"))?;
    let may = |address: &SocketAddr| match (account.tls, allowed) {
        // In the clear stays on this machine, whatever the name resolves to.
        (Tls::None, Allowed::Anywhere) => address.ip().is_loopback(),
        (_, Allowed::Anywhere) => true,
        (_, Allowed::Public) => is_public(address.ip()),
    };
    let may: Vec<SocketAddr> = found.filter(may).collect();
    if may.is_empty() { Err("the mail server's name leads to no address that may be used".into()) } else { Ok(may) }
}

/// The server's own refusal, if it was one.
fn said(part: Part, error: &Error) -> Option<Ended> {
    let code: u16 = error.status()?.into();
    let words = std::error::Error::source(error).map_or(String::new(), ToString::to_string);
    Some(Ended::Said { part, code, words })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
