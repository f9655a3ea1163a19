//! Codes that no issuer makes: an encrypted text with any content, any DES key and any padding, from a public key.

use crate::Chance;
use cbc::cipher::{Array, BlockCipherEncrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use rsa::pkcs8::DecodePrivateKey;
use yitong_legacy::rand_core::Rng;
use yitong_legacy::{Armour, CheckForm, Crc, Des, Hybrid, Order, Padding, Profile, RsaSize, Wrapping};

pub struct Forge {
    pub hybrid: Hybrid,
    pub secret: Vec<u8>,
    pub iv: [u8; 8],
    /// Padded already: whole blocks.
    pub padded: Vec<u8>,
    pub wrapped: Option<Vec<u8>>,
}

impl Forge {
    pub fn new(profile: &Profile, plain: &str, chance: &mut Chance) -> Forge {
        let Wrapping::Hybrid(hybrid) = profile.wrapping else { panic!("nothing to forge in a plain profile") };
        let mut secret = vec![0; 8];
        chance.fill_bytes(&mut secret);
        let mut iv = [0; 8];
        if hybrid.des == Des::CbcRandomIv {
            chance.fill_bytes(&mut iv);
        }
        Forge { hybrid, secret, iv, padded: pad(plain.as_bytes()), wrapped: None }
    }

    pub fn wrapped(&self, chance: &mut Chance) -> Vec<u8> {
        let key = public(self.hybrid.size);
        let wrapped = match self.hybrid.padding {
            Padding::Pkcs1v15 => key.pkcs1v15_encrypt_with_rng(chance, &self.secret),
            Padding::OaepSha1 => key.oaep_encrypt_with_rng::<sha1::Sha1, _>(chance, &self.secret),
        };
        wrapped.expect("a short secret")
    }

    pub fn ciphertext(&self) -> Vec<u8> {
        // A key of another length wraps well; DES takes its first eight bytes, filled up.
        let mut secret = [0; 8];
        let length = self.secret.len().min(8);
        secret[..length].copy_from_slice(&self.secret[..length]);
        let secret = Array::from(secret);
        let mut blocks: Vec<_> = self.padded.as_chunks::<8>().0.iter().map(|block| Array::from(*block)).collect();
        match self.hybrid.des {
            Des::Ecb => des::Des::new(&secret).encrypt_blocks(&mut blocks),
            _ => cbc::Encryptor::<des::Des>::new(&secret, &Array::from(self.iv)).encrypt_blocks(&mut blocks),
        }
        let iv = if self.hybrid.des == Des::CbcRandomIv { self.iv.as_slice() } else { &[] };
        [iv, &blocks.concat()].concat()
    }

    pub fn text(&self, chance: &mut Chance) -> String {
        let wrapped = self.wrapped.clone().unwrap_or_else(|| self.wrapped(chance));
        self.joined(&wrapped, &self.ciphertext())
    }

    pub fn joined(&self, wrapped: &[u8], ciphertext: &[u8]) -> String {
        let bytes = match self.hybrid.order {
            Order::KeyFirst => [wrapped, ciphertext].concat(),
            Order::TextFirst => [ciphertext, wrapped].concat(),
        };
        armoured(self.hybrid.armour, &bytes)
    }
}

pub fn armoured(armour: Armour, bytes: &[u8]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    match armour {
        Armour::Base64 => BASE64_STANDARD.encode(bytes),
        Armour::Hex => hex::encode_upper(bytes),
    }
}

pub fn bytes_of(armour: Armour, text: &str) -> Vec<u8> {
    use base64::prelude::{BASE64_STANDARD, Engine};
    match armour {
        Armour::Base64 => BASE64_STANDARD.decode(text).expect("base64"),
        Armour::Hex => hex::decode(text).expect("hex"),
    }
}

pub fn pad(plain: &[u8]) -> Vec<u8> {
    let padding = 8 - plain.len() % 8;
    [plain, &vec![padding as u8; padding]].concat()
}

/// The text of a card whose check field is right, whatever else is said.
pub fn card(crc: Crc, check: CheckForm, checked: &str, date: &str) -> String {
    format!("#{checked}{}#{date}#", check.print(crc.of(checked.as_bytes())))
}

fn public(size: RsaSize) -> rsa::PublicKey {
    use rsa::pkcs1::DecodeRsaPrivateKey;
    let key = match size {
        RsaSize::Bits1024 => rsa::PrivateKey::from_pkcs1_pem(crate::KEY_1024).expect("a test key"),
        RsaSize::Bits2048 => rsa::PrivateKey::from_pkcs8_pem(crate::KEY_2048).expect("a test key"),
    };
    key.to_public_key()
}
