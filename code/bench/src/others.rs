//! What stands beside our codes: the same claims as PASETO v4.public and as an EU-DCC-like COSE_Sign1, and a transit
//! code in the manner of JT/T. Each verifies with the same curves as ours, so that the format is compared. And P-256 by
//! the library that we did not take.

use crate::chance::Chance;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use coset::cbor::value::Value;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use ed25519_dalek::Signer as _;
use miniz_oxide::{deflate::compress_to_vec_zlib, inflate::decompress_to_vec_zlib_with_limit};
use sha2::{Digest, Sha256};
use sm2::dsa::signature::Verifier as _;

/// PASETO v4.public, written out here from its specification: PAE, base64url, claims in JSON, the key's name in the
/// footer.
pub struct Paseto(ed25519_dalek::SigningKey);

const V4: &str = "v4.public.";
const FOOTER: &[u8] = br#"{"kid":"101"}"#;

impl Paseto {
    pub fn new() -> Paseto {
        Paseto(ed25519_dalek::SigningKey::from_bytes(&[7; 32]))
    }

    pub fn make(&self, card: u32) -> String {
        let claims = format!(r#"{{"sub":"{card}","jti":"{card}","cls":1,"exp":"2030-08-31T16:00:00+00:00"}}"#);
        let signature = self.0.sign(&pae(&[V4.as_bytes(), claims.as_bytes(), FOOTER, b""]));
        let body = [claims.as_bytes(), &signature.to_bytes()].concat();
        format!("{V4}{}.{}", BASE64_URL_SAFE_NO_PAD.encode(body), BASE64_URL_SAFE_NO_PAD.encode(FOOTER))
    }

    /// The card's number, when the signature is good.
    pub fn verify(&self, text: &str) -> Option<u32> {
        let (body, footer) = text.strip_prefix(V4)?.split_once('.')?;
        let body = BASE64_URL_SAFE_NO_PAD.decode(body).ok()?;
        let footer = BASE64_URL_SAFE_NO_PAD.decode(footer).ok()?;
        let (claims, signature) = body.split_last_chunk::<64>()?;
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        let signed = pae(&[V4.as_bytes(), claims, &footer, b""]);
        self.0.verifying_key().verify_strict(&signed, &signature).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(claims).ok()?;
        claims["jti"].as_str()?.parse().ok()
    }
}

fn pae(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = (pieces.len() as u64).to_le_bytes().to_vec();
    for piece in pieces {
        out.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        out.extend_from_slice(piece);
    }
    out
}

/// As EU DCC: claims in CBOR, COSE_Sign1 with ES256 and a key number of eight bytes, zlib, base45, `HC1:`.
pub struct Dcc {
    key: crrl::p256::PrivateKey,
    public: crrl::p256::PublicKey,
}

/// What the certificate itself stands under.
const HCERT: i64 = -260;
const SIGN1_MAX: usize = 1_000;

impl Dcc {
    pub fn new() -> Dcc {
        let key = crrl::p256::PrivateKey::decode(&[7; 32]).expect("a secret below the order");
        Dcc { public: key.to_public_key(), key }
    }

    /// COSE_Sign1 without zlib and base45.
    pub fn sign1(&self, card: u32) -> Vec<u8> {
        let int = |value: i64| Value::Integer(value.into());
        let said = [("a", card), ("s", card), ("c", 1)];
        let said = said.map(|(name, value)| (Value::Text(name.into()), int(value.into())));
        let claims = vec![
            (int(1), Value::Text("CN".into())),
            (int(4), int(1_914_336_000)),
            (int(HCERT), Value::Map(vec![(int(1), Value::Map(said.to_vec()))])),
        ];
        let claims = Value::Map(claims).to_vec().expect("a map of numbers and texts");
        let header = HeaderBuilder::new().algorithm(iana::Algorithm::ES256).key_id(vec![7; 8]).build();
        let sign = |bytes: &[u8]| self.key.sign_hash(&Sha256::digest(bytes), &[]).to_vec();
        let signed = CoseSign1Builder::new().protected(header).payload(claims).create_signature(b"", sign).build();
        signed.to_vec().expect("a signed map")
    }

    pub fn make(&self, card: u32) -> String {
        format!("HC1:{}", base45::encode(compress_to_vec_zlib(&self.sign1(card), 9)))
    }

    pub fn verify(&self, text: &str) -> Option<u32> {
        let packed = base45::decode(text.strip_prefix("HC1:")?).ok()?;
        let sign1 = CoseSign1::from_slice(&decompress_to_vec_zlib_with_limit(&packed, SIGN1_MAX).ok()?).ok()?;
        let good = |signature: &[u8], bytes: &[u8]| match self.public.verify_hash(signature, &Sha256::digest(bytes)) {
            true => Ok(()),
            false => Err(()),
        };
        sign1.verify_signature(b"", good).ok()?;
        let claims = Value::from_slice(sign1.payload.as_deref()?).ok()?;
        let certificate = field(&claims, &Value::Integer(HCERT.into()))?;
        let said = field(field_of(certificate)?, &Value::Text("s".into()))?;
        said.as_integer()?.try_into().ok()
    }
}

fn field<'a>(map: &'a Value, name: &Value) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn field_of(certificate: &Value) -> Option<&Value> {
    field(certificate, &Value::Integer(1.into()))
}

/// A transit code in the manner of JT/T: an authority signs the issuer's certificate, the issuer signs the user's key
/// and limits, the user signs the code and its time; certificate and key are in every code. The sizes are those of
/// published descriptions, the order of the fields is ours: no conformance is claimed.
pub struct Transit {
    authority: sm2::dsa::SigningKey,
    issuer: sm2::dsa::SigningKey,
    user: sm2::dsa::SigningKey,
}

const ID: &str = "1234567812345678";
const SIGNATURE: usize = 64;
const KEY: usize = 33;
/// Issuer, number, validity, algorithm; then the issuer's key and the authority's signature: 117 bytes.
const CERTIFICATE: usize = 20 + KEY + SIGNATURE;
/// Account, card, limits, validity, the operator's own field; then the user's key and the issuer's signature.
const AUTHORISATION: usize = 50 + KEY + SIGNATURE;
/// Version, moment, seconds of validity, and the user's signature.
const TRANSIT: usize = CERTIFICATE + AUTHORISATION + 4 + SIGNATURE;

impl Transit {
    pub fn new() -> Transit {
        let key = |of: u8| sm2::dsa::SigningKey::from_slice(ID, &[of; 32]).expect("a secret of the curve");
        Transit { authority: key(1), issuer: key(2), user: key(3) }
    }

    pub fn make(&self, chance: &mut Chance) -> Vec<u8> {
        let mut code = chance.bytes(20);
        push_key(&mut code, &self.issuer);
        push_signature(&mut code, 0, &self.authority);
        code.extend(chance.bytes(50));
        push_key(&mut code, &self.user);
        push_signature(&mut code, CERTIFICATE, &self.issuer);
        code.extend(chance.bytes(4));
        push_signature(&mut code, 0, &self.user);
        assert_eq!(code.len(), TRANSIT);
        code
    }

    /// The whole chain, down from the authority's key that the reader holds.
    pub fn verify(&self, code: &[u8]) -> bool {
        let Ok(code) = <&[u8; TRANSIT]>::try_from(code) else { return false };
        let (certificate, rest) = code.split_at(CERTIFICATE);
        let authorisation = &rest[..AUTHORISATION];
        let issuer = holds(self.authority.verifying_key(), certificate).then(|| key_in(certificate)).flatten();
        let user = issuer.filter(|key| holds(key, authorisation)).and_then(|_| key_in(authorisation));
        user.is_some_and(|key| holds(&key, code))
    }
}

fn push_key(code: &mut Vec<u8>, key: &sm2::dsa::SigningKey) {
    use sm2::elliptic_curve::sec1::ToSec1Point as _;
    code.extend_from_slice(key.verifying_key().as_affine().to_sec1_point(true).as_bytes());
}

fn push_signature(code: &mut Vec<u8>, from: usize, key: &sm2::dsa::SigningKey) {
    let signature: sm2::dsa::Signature = key.sign(&code[from..]);
    code.extend_from_slice(signature.to_bytes().as_slice());
}

/// A key stands before the signature.
fn key_in(signed: &[u8]) -> Option<sm2::dsa::VerifyingKey> {
    let end = signed.len() - SIGNATURE;
    sm2::dsa::VerifyingKey::from_sec1_bytes(ID, &signed[end - KEY..end]).ok()
}

/// The last 64 bytes sign all before.
fn holds(key: &sm2::dsa::VerifyingKey, signed: &[u8]) -> bool {
    let (body, signature) = signed.split_at(signed.len() - SIGNATURE);
    sm2::dsa::Signature::from_slice(signature).is_ok_and(|signature| key.verify(body, &signature).is_ok())
}

/// One P-256 signature over a hash, for both libraries.
pub struct P256 {
    key: [u8; KEY],
    hash: [u8; 32],
    signature: [u8; SIGNATURE],
}

impl P256 {
    pub fn new() -> P256 {
        let key = crrl::p256::PrivateKey::decode(&[7; 32]).expect("a secret below the order");
        let hash: [u8; 32] = Sha256::digest(b"a code").into();
        P256 { key: key.to_public_key().encode_compressed(), signature: key.sign_hash(&hash, &[]), hash }
    }

    /// The key is read anew each time, as it comes with each code.
    pub fn by_crrl(&self) -> bool {
        crrl::p256::PublicKey::decode(&self.key).is_some_and(|key| key.verify_hash(&self.signature, &self.hash))
    }

    pub fn by_p256(&self) -> bool {
        use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.key);
        let signature = p256::ecdsa::Signature::from_slice(&self.signature);
        matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(&self.hash, &signature).is_ok())
    }
}
