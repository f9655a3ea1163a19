//! Who we are to push services (VAPID, RFC 8292): a key pair of P-256, and a short token signed with it (ES256).

use super::URL_SAFE;
use crate::Moment;
use crate::pay::Misuse;
use base64::Engine as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use std::sync::Arc;

/// A token may be good for a day; half of it leaves room for a clock that is wrong.
const TOKEN_LIFE_S: i64 = 12 * 3_600;
const PRIVATE_BYTES: usize = 32;
const PUBLIC_BYTES: usize = 65;
/// Where `ring`'s PKCS#8 document of a P-256 key holds the private number; the public point ends it.
const PRIVATE_AT: usize = 36;

#[derive(Clone)]
pub struct VapidKeys {
    pair: Arc<EcdsaKeyPair>,
    private: [u8; PRIVATE_BYTES],
}

impl VapidKeys {
    pub(super) fn read(public: &str, private: &str) -> Result<VapidKeys, Misuse> {
        let bytes = |text: &str| URL_SAFE.decode(text.trim()).ok();
        let private = bytes(private).and_then(|bytes| <[u8; PRIVATE_BYTES]>::try_from(bytes).ok());
        let private = private.ok_or_else(|| Misuse::new("private_key", "it is not 32 bytes of base64url"))?;
        let public = bytes(public).filter(|bytes| bytes.len() == PUBLIC_BYTES);
        let public = public.ok_or_else(|| Misuse::new("public_key", "it is not 65 bytes of base64url"))?;
        VapidKeys::of(private, &public)
            .ok_or_else(|| Misuse::new("public_key", "it does not belong to the private key"))
    }

    fn of(private: [u8; PRIVATE_BYTES], public: &[u8]) -> Option<VapidKeys> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, public, &SystemRandom::new()).ok()?;
        Some(VapidKeys { pair: Arc::new(pair), private })
    }

    /// New ones, for a server that has none yet. Once pages have subscribed they must stay: a subscription is bound to
    /// them.
    pub fn fresh() -> VapidKeys {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let document = document.expect("the system has randomness");
        let bytes = document.as_ref();
        let private = bytes[PRIVATE_AT..PRIVATE_AT + PRIVATE_BYTES].try_into().expect("32 bytes are 32 bytes");
        let public = &bytes[bytes.len() - PUBLIC_BYTES..];
        VapidKeys::of(private, public).expect("the two halves of a new key belong together")
    }

    /// Public and private, as `Config` wants them. The second is a secret.
    pub fn texts(&self) -> (String, String) {
        (self.public_text(), URL_SAFE.encode(self.private))
    }

    pub(super) fn public_text(&self) -> String {
        URL_SAFE.encode(self.pair.public_key())
    }

    /// The header for a push service, which is named by its origin: the token is worth nothing elsewhere.
    pub(super) fn authorization(&self, origin: &str, subject: &str, at: &Moment) -> String {
        let header = json!({"typ": "JWT", "alg": "ES256"}).to_string();
        let claims = json!({"aud": origin, "exp": at.seconds() + TOKEN_LIFE_S, "sub": subject}).to_string();
        let token = format!("{}.{}", URL_SAFE.encode(header), URL_SAFE.encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), token.as_bytes());
        let signature = signature.expect("a key that was read signs a message of any length");
        format!("vapid t={token}.{}, k={}", URL_SAFE.encode(signature), self.public_text())
    }
}

impl std::fmt::Debug for VapidKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VapidKeys({})", self.public_text())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::moment;
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_token_is_signed_for_one_push_service() {
        let keys = VapidKeys::fresh();
        let header = keys.authorization("https://push.example", "mailto:it@school.example", &moment());
        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE.decode(key).unwrap());
        assert!(public.verify(signed.as_bytes(), &URL_SAFE.decode(signature).unwrap()).is_ok());
        let claims = URL_SAFE.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let expected = json!({"aud": "https://push.example", "exp": moment().seconds() + 43_200,
                              "sub": "mailto:it@school.example"});
        assert_eq!(claims, expected);
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        let (public, private) = VapidKeys::fresh().texts();
        let read = VapidKeys::read(&public, &private).unwrap();
        assert_eq!(read.texts(), (public.clone(), private.clone()));
        assert!(!format!("{read:?}").contains(&private));
        let other = VapidKeys::fresh().public_text();
        assert_eq!(VapidKeys::read(&other, &private).unwrap_err().field, "public_key");
        assert_eq!(VapidKeys::read(&public, "AAAA").unwrap_err().field, "private_key");
    }
}
