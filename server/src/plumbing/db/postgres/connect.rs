//! Where the server is and how to get there: the address, TLS, and what every connection begins with.

use super::super::DbError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A host that vanished is noticed within these, not after the two hours that are usual.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_RETRIES: u32 = 3;

/// An answer means that it is on the disk, so a server that was told otherwise is overruled. A lock that is not had in
/// time is a conflict. Compiling a statement just in time costs more than any of ours takes.
const GREETING: &str = "SET lock_timeout = '10s'; SET jit = off; SET client_min_messages = warning; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// An address that was understood.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// What `writers=` in the address asks for.
    pub(super) writers: Option<usize>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct OurWords {
    root_file: Option<String>,
    writers: Option<String>,
}

impl Address {
    /// As `tokio-postgres` reads it: several hosts and `target_session_attrs=read-write` follow a failover. With
    /// `sslmode=require` or stricter, the certificate and the host's name are checked, against `sslrootcert` if given.
    pub(super) fn parse(url: &str) -> Result<Address, DbError> {
        // The password in the address must not get into a log, so the text is never part of an error.
        let unclear = |why: String| DbError::Unavailable(format!("the address of PostgreSQL is not understood: {why}"));
        let (plain, ours) = our_own_words(url);
        let number = |text: String| text.parse().map_err(|_| unclear("writers= takes a number".into()));
        let writers = ours.writers.map(number).transpose()?;
        let mut config = Config::from_str(&plain).map_err(|why| unclear(why.to_string()))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_LIMIT);
        }
        if config.get_application_name().is_none() {
            config.application_name("yitong");
        }
        config.keepalives_idle(KEEPALIVE_IDLE).keepalives_interval(KEEPALIVE_INTERVAL);
        config.keepalives_retries(KEEPALIVE_RETRIES).tcp_user_timeout(KEEPALIVE_IDLE);
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(tls(ours.root_file.as_deref()).map_err(unclear)?),
            _ => {
                // Without a demand there is no TLS: an encryption that nobody verified protects against nobody.
                config.ssl_mode(SslMode::Disable);
                None
            }
        };
        Ok(Address { config, tls, writers })
    }

    /// The connection is driven by the runtime: it moves while somebody waits for it.
    pub(super) fn connect(&self, runtime: &Runtime) -> Result<Client, DbError> {
        let away = |why: tokio_postgres::Error| DbError::Unavailable(super::session::words(&why));
        runtime.block_on(async {
            let client = match &self.tls {
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls.clone()).await.map_err(away)?;
                    runtime.spawn(connection);
                    client
                }
                None => {
                    let (client, connection) = self.config.connect(NoTls).await.map_err(away)?;
                    runtime.spawn(connection);
                    client
                }
            };
            client.batch_execute(GREETING).await.map_err(away)?;
            Ok(client)
        })
    }
}

/// Takes out what the driver does not know. The names of stricter modes are what we do anyway.
fn our_own_words(url: &str) -> (String, OurWords) {
    let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    let (url, root_file) = take_word(url, "sslrootcert=");
    let (url, writers) = take_word(url, "writers=");
    (url, OurWords { root_file, writers })
}

fn take_word(mut url: String, word: &str) -> (String, Option<String>) {
    let Some(at) = url.find(word) else { return (url, None) };
    let end = url[at..].find(['&', ' ']).map_or(url.len(), |end| at + end);
    let value = url[at + word.len()..end].replace("%2F", "/").trim_matches('\'').to_owned();
    // The word goes with the sign after it, or with the one before it when it is the last.
    if end < url.len() {
        url.replace_range(at..=end, "");
    } else {
        url.truncate(at);
        url.truncate(url.trim_end_matches(['&', '?', ' ']).len());
    }
    (url, Some(value))
}

fn tls(root_file: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    match root_file {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).map_err(|why| format!("sslrootcert: {why}"))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|why| format!("sslrootcert: {why}"))?;
                roots.add(certificate).map_err(|why| format!("sslrootcert: {why}"))?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(|why| why.to_string())?.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, plain: &str, file: Option<&str>) {
        let (url, ours) = our_own_words(url);
        assert_eq!((url.as_str(), ours.root_file.as_deref()), (plain, file));
        assert!(Config::from_str(plain).is_ok());
    }

    #[test]
    fn what_the_driver_does_not_know_is_taken_out() {
        check("postgres://a@h/d", "postgres://a@h/d", None);
        check("postgres://a@h/d?sslmode=verify-full", "postgres://a@h/d?sslmode=require", None);
        let url = "postgres://a@h/d?sslrootcert=%2Fetc/ca.pem&sslmode=verify-full";
        check(url, "postgres://a@h/d?sslmode=require", Some("/etc/ca.pem"));
        check("postgres://a@h/d?sslmode=require&sslrootcert=ca", "postgres://a@h/d?sslmode=require", Some("ca"));
        check("host=h user=a sslrootcert=ca dbname=d", "host=h user=a dbname=d", Some("ca"));
    }

    #[test]
    fn the_address_says_how_many_write() {
        let address = |url: &str| Address::parse(url).map(|address| address.writers);
        assert_eq!(address("postgres://a@h/d?writers=16&sslmode=disable"), Ok(Some(16)));
        assert_eq!(address("postgres://a@h/d"), Ok(None));
        assert!(address("postgres://a@h/d?writers=many").is_err());
    }

    #[test]
    fn only_a_demand_brings_tls() {
        let address = |url: &str| Address::parse(url).expect("it is an address");
        assert!(address("postgres://a@h/d").tls.is_none());
        assert!(address("postgres://a@h/d?sslmode=prefer").tls.is_none());
        assert!(address("postgres://a@h/d?sslmode=require").tls.is_some());
        let two = address("postgres://a@h1:5432,h2:5433/d?target_session_attrs=read-write");
        assert_eq!(two.config.get_hosts().len(), 2);
    }

    #[test]
    fn a_password_is_not_repeated_in_an_error() {
        let why = Address::parse("postgres://a:secret@h/d?nonsense=1").err().expect("there is no such word");
        assert!(!why.to_string().contains("secret"), "{why}");
    }
}
