//! Requests to the outside: payment and message channels. What goes out was written down before; what no answer came to
//! is not known to have failed.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use yitong_channels::tell::is_public;
use yitong_channels::{Call, Headers, Method, Reply};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// Answers of channels are small; only bills are long, and say so.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Idle connections to one channel.
const IDLE_MAX: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// No connection stood, so nothing of it left this machine.
    #[error("it was not sent: {0}")]
    NotSent(String),
    /// It may have arrived.
    #[error("it was sent and no whole answer came: {0}")]
    Lost(String),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// One client for all channels, and one for addresses that others brought. Each is made when it is first needed: most
/// schools' servers never send anything.
#[derive(Clone, Default)]
pub struct Outside {
    channels: Arc<OnceLock<reqwest::Client>>,
    others: Arc<OnceLock<reqwest::Client>>,
}

/// Names that a stranger chose lead to the public internet or nowhere: one that resolves into our own network would let
/// its owner knock at doors that only we can reach.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name does not lead to the public internet".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn client() -> reqwest::ClientBuilder {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Channels answer where they are asked: a redirect would carry a signed request to somebody else.
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE_MAX)
        .user_agent(concat!("yitong/", env!("CARGO_PKG_VERSION")))
}

fn built(client: reqwest::ClientBuilder) -> reqwest::Client {
    client.build().expect("a client of fixed settings can be made")
}

impl Outside {
    /// Sends the request as it stands and reads the whole answer.
    pub async fn send(&self, call: &Call, within: Duration, bytes_max: usize) -> Result<Reply, NoAnswer> {
        send(self.channels.get_or_init(|| built(client())), call, within, bytes_max).await
    }

    /// The same to an address that a stranger brought: a browser's push service.
    pub async fn send_to_other(&self, call: &Call, within: Duration, bytes_max: usize) -> Result<Reply, NoAnswer> {
        let make = || built(client().dns_resolver(Arc::new(PublicNames)));
        send(self.others.get_or_init(make), call, within, bytes_max).await
    }
}

async fn send(client: &reqwest::Client, call: &Call, within: Duration, bytes_max: usize) -> Result<Reply, NoAnswer> {
    let method = match call.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut request = client.request(method, &call.url).timeout(within).body(call.body.clone());
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    // The address may carry a token, so the error is told without it.
    let mut answer = request.send().await.map_err(|error| match error.is_connect() || error.is_builder() {
        true => NoAnswer::NotSent(chain(&error.without_url())),
        false => NoAnswer::Lost(chain(&error.without_url())),
    })?;
    let status = answer.status().as_u16();
    let pairs = answer.headers().iter();
    let pairs = pairs.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers = Headers::new(pairs);
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| NoAnswer::Lost(chain(&error.without_url())))? {
        if body.len() + part.len() > bytes_max {
            return Err(NoAnswer::TooLong(bytes_max));
        }
        body.extend_from_slice(&part);
    }
    Ok(Reply::new(status, headers, body))
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
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Somebody who reads a request and answers with these bytes, then hangs up.
    async fn answers(bytes: &'static [u8]) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("somebody connects");
            let mut request = [0; 1024];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(bytes).await;
        });
        format!("http://{address}/pay?token=secret")
    }

    async fn check(url: String, bytes_max: usize) -> Result<Reply, NoAnswer> {
        Outside::default().send(&Call::post(url, "text/plain", "x"), Duration::from_secs(5), bytes_max).await
    }

    #[tokio::test]
    async fn what_is_not_known_to_have_failed_is_lost() {
        let whole = check(answers(b"HTTP/1.1 418 no\r\ncontent-length: 2\r\nX-A: b\r\n\r\nok").await, 10).await;
        let reply = whole.expect("a whole answer is an answer, whatever its status");
        assert_eq!((reply.status, reply.headers.get("x-a"), reply.text()), (418, Some("b"), Some("ok")));

        let cut = check(answers(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf").await, 100).await;
        assert!(matches!(cut, Err(NoAnswer::Lost(_))), "{cut:?}");
        let silent = check(answers(b"").await, 100).await;
        assert!(matches!(silent, Err(NoAnswer::Lost(_))), "{silent:?}");
        let long = check(answers(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlong").await, 3).await;
        assert!(matches!(long, Err(NoAnswer::TooLong(3))), "{long:?}");

        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = closed.local_addr().expect("a bound socket has an address");
        drop(closed);
        let nobody = check(format!("http://{address}/?token=secret"), 100).await;
        assert!(matches!(&nobody, Err(NoAnswer::NotSent(why)) if !why.contains("secret")), "{nobody:?}");
    }

    #[tokio::test]
    async fn the_name_of_a_stranger_does_not_lead_into_our_network() {
        let url = answers(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.replace("127.0.0.1", "localhost");
        let call = Call::post(url, "text/plain", "x");
        let sent = Outside::default().send_to_other(&call, Duration::from_secs(5), 100).await;
        assert!(matches!(&sent, Err(NoAnswer::NotSent(_))), "{sent:?}");
        let own = Outside::default().send(&call, Duration::from_secs(5), 100).await;
        assert_eq!(own.expect("what we were set up with is ours to reach").status, 200);
    }
}
