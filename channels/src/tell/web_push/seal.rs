//! A message that only the subscribed browser can read: aes128gcm (RFC 8188) with keys agreed as in RFC 8291.

use crate::crypto;
use crate::pay::Misuse;
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::SystemRandom;

/// The whole is one record in the 4096 bytes that every push service takes: salt, record size, our key; the message,
/// its end mark, the tag.
pub const WEB_PUSH_PLAIN_BYTES_MAX: usize = RECORD_BYTES - HEADER_BYTES - 1 - TAG_BYTES;
const RECORD_BYTES: usize = 4_096;
const HEADER_BYTES: usize = 16 + 4 + 1 + PUBLIC_BYTES;
const PUBLIC_BYTES: usize = 65;
const TAG_BYTES: usize = 16;
/// What stands after the last record's content.
const LAST: u8 = 2;

/// The key pair lives for this one message. `ring` makes it by itself: a private key can't be handed to it.
pub(super) fn sealed(plain: &[u8], browser: &[u8; 65], auth: &[u8; 16], salt: &[u8; 16]) -> Result<Vec<u8>, Misuse> {
    let no_point = || Misuse::new("address", "its key p256dh is no point");
    let random = SystemRandom::new();
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &random).expect("the system has randomness");
    let public = ours.compute_public_key().expect("a private key has a public one");
    let public: [u8; PUBLIC_BYTES] = public.as_ref().try_into().expect("a point of P-256 has 65 bytes");
    let theirs = UnparsedPublicKey::new(&ECDH_P256, browser);
    agree_ephemeral(ours, &theirs, |secret| record(plain, secret, (browser, &public), auth, salt))
        .map_err(|_| no_point())
}

/// Header and record, from the secret that both sides agreed on.
fn record(
    plain: &[u8],
    secret: &[u8],
    (browser, ours): (&[u8; 65], &[u8; 65]),
    auth: &[u8],
    salt: &[u8; 16],
) -> Vec<u8> {
    let key = derived::<32>(auth, secret, &[b"WebPush: info\0", browser, ours]);
    let content_key = derived::<16>(salt, &key, &[b"Content-Encoding: aes128gcm\0"]);
    let nonce = derived::<12>(salt, &key, &[b"Content-Encoding: nonce\0"]);
    let mut padded = plain.to_vec();
    padded.push(LAST);
    let sealed = crypto::gcm_seal(&content_key, &nonce, b"", &padded).expect("key and nonce have their lengths");
    let mut out = Vec::with_capacity(HEADER_BYTES + sealed.len());
    out.extend_from_slice(salt);
    out.extend_from_slice(&(RECORD_BYTES as u32).to_be_bytes());
    out.push(PUBLIC_BYTES as u8);
    out.extend_from_slice(ours);
    out.extend_from_slice(&sealed);
    out
}

struct Bytes<const N: usize>;

impl<const N: usize> KeyType for Bytes<N> {
    fn len(&self) -> usize {
        N
    }
}

/// HKDF with SHA-256 (RFC 5869), extract and expand.
fn derived<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let key = Salt::new(HKDF_SHA256, salt).extract(secret);
    let filled = key.expand(info, Bytes::<N>).and_then(|okm| okm.fill(&mut out));
    filled.expect("HKDF gives up to 255 blocks of 32 bytes");
    out
}

#[cfg(test)]
mod tests {
    use super::super::URL_SAFE;
    use super::*;
    use base64::Engine as _;

    /// RFC 8291, section 5 and appendix A, from the agreed secret on: `ring` takes no private key from outside, so that
    /// the agreement itself is proven by `channels/oracles`.
    #[test]
    fn the_message_of_the_rfc_comes_out() {
        let bytes = |text: &str| URL_SAFE.decode(text).unwrap();
        let browser = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let ours = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
        let record = record(
            b"When I grow up, I want to be a watermelon",
            &bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"),
            (&bytes(browser).try_into().unwrap(), &bytes(ours).try_into().unwrap()),
            &bytes("BTBZMqHH6r4Tts7J_aSIgg"),
            &bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
        );
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY\
                        WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexS\
                        gSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE.encode(record), expected);
    }

    #[test]
    fn the_longest_message_is_one_record() {
        let browser = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let browser = URL_SAFE.decode(browser).unwrap().try_into().unwrap();
        let sealed = sealed(&[b'a'; WEB_PUSH_PLAIN_BYTES_MAX], &browser, &[1; 16], &[2; 16]).unwrap();
        assert_eq!(sealed.len(), RECORD_BYTES);
    }
}
