//! Carries requests over HTTP.

use super::http::{Heard, Request};
use std::sync::Arc;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(3);
/// A page of people or a photo; nothing that a terminal asks for is longer.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

impl Default for Client {
    fn default() -> Client {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .user_agent(concat!("yitong-terminal/", env!("CARGO_PKG_VERSION")));
        Client(http.build().expect("a client of fixed settings can be made"))
    }
}

impl Client {
    pub async fn send(&self, server: &str, request: Request, within: Duration) -> Heard {
        tokio::time::timeout(within, self.once(server, request)).await.ok().flatten().unwrap_or(Heard::Silence)
    }

    async fn once(&self, server: &str, request: Request) -> Option<Heard> {
        let verb = request.method.parse().expect("methods are written out");
        let mut sent = self.0.request(verb, format!("{server}{}", request.target));
        for (name, value) in request.headers {
            sent = sent.header(name, value);
        }
        if !request.body.is_empty() {
            sent = sent.header("content-type", "application/json").body(request.body);
        }
        let mut answer = sent.send().await.ok()?;
        let status = answer.status().as_u16();
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.ok()? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES_MAX {
                return None;
            }
        }
        Some(Heard::of(status, bytes, after.map(|seconds| seconds.saturating_mul(1_000))))
    }
}
