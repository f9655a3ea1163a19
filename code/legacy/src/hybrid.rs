//! The hybrid of DES and RSA: a fresh DES key encrypts the text, RSA wraps the DES key. DES and ECB are here because
//! they are on the cards, not because they protect anybody.

use crate::{Des, Hybrid, Order, Padding, PrivateKey, PublicKey};
use cbc::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use des::cipher::Array;
use rsa::rand_core::CryptoRng;
use sha1::Sha1;

const BLOCK: usize = 8;
type Block = [u8; BLOCK];

/// The number of bytes around a text of `plain_len` characters.
pub(crate) fn bytes(hybrid: &Hybrid, plain_len: usize) -> usize {
    hybrid.size.bytes() + iv_len(hybrid) + padded_len(plain_len)
}

fn iv_len(hybrid: &Hybrid) -> usize {
    if hybrid.des == Des::CbcRandomIv { BLOCK } else { 0 }
}

/// PKCS#7 always adds something.
fn padded_len(plain_len: usize) -> usize {
    (plain_len / BLOCK + 1) * BLOCK
}

/// The profile and the key agree on the size: the issuer looked at that when it was set up.
pub(crate) fn seal<R: CryptoRng + ?Sized>(hybrid: &Hybrid, key: &PublicKey, plain: &str, rng: &mut R) -> Vec<u8> {
    let mut secret = Block::default();
    rng.fill_bytes(&mut secret);
    let mut iv = Block::default();
    rng.fill_bytes(&mut iv[..iv_len(hybrid)]);
    let wrapped = match hybrid.padding {
        Padding::Pkcs1v15 => key.0.pkcs1v15_encrypt_with_rng(rng, &secret),
        Padding::OaepSha1 => key.0.oaep_encrypt_with_rng::<Sha1, R>(rng, &secret),
    };
    let wrapped = wrapped.expect("eight bytes fit into 1024 bits with either padding, and the rng can't fail");
    let ciphertext = [&iv[..iv_len(hybrid)], &encrypt(hybrid.des, &secret, &iv, plain.as_bytes())].concat();
    match hybrid.order {
        Order::KeyFirst => [wrapped, ciphertext].concat(),
        Order::TextFirst => [ciphertext, wrapped].concat(),
    }
}

/// `None` for whatever is wrong. `sealed` has the length that [`bytes`] says.
pub(crate) fn open<R: CryptoRng + ?Sized>(
    hybrid: &Hybrid,
    key: &PrivateKey,
    sealed: &[u8],
    plain_len: usize,
    rng: &mut R,
) -> Option<Vec<u8>> {
    let (wrapped, rest) = match hybrid.order {
        Order::KeyFirst => sealed.split_at_checked(hybrid.size.bytes())?,
        Order::TextFirst => {
            let (rest, wrapped) = sealed.split_at_checked(sealed.len().checked_sub(hybrid.size.bytes())?)?;
            (wrapped, rest)
        }
    };
    // Both are blinded with `rng`. With PKCS#1 v1.5 a bad padding does not show here: a made-up key comes out.
    let secret = match hybrid.padding {
        Padding::Pkcs1v15 => key.0.pkcs1v15_decrypt_with_rng(rng, wrapped),
        Padding::OaepSha1 => key.0.oaep_decrypt_with_rng::<Sha1, R>(rng, wrapped),
    };
    let secret: Block = secret.ok()?.try_into().ok()?;
    let (iv, ciphertext) = rest.split_at_checked(iv_len(hybrid))?;
    let mut start = Block::default();
    start[..iv.len()].copy_from_slice(iv);
    let plain = decrypt(hybrid.des, &secret, &start, ciphertext);
    let (text, padding) = plain.split_at_checked(plain_len)?;
    let same = padding.iter().all(|byte| usize::from(*byte) == padding.len());
    (plain.len() == padded_len(plain_len) && same).then(|| text.to_vec())
}

fn encrypt(des: Des, secret: &Block, iv: &Block, plain: &[u8]) -> Vec<u8> {
    let padding = BLOCK - plain.len() % BLOCK;
    let padded = [plain, &[padding as u8; BLOCK][..padding]].concat();
    let mut blocks: Vec<Array<u8, _>> = padded.as_chunks::<BLOCK>().0.iter().map(|block| Array::from(*block)).collect();
    let (secret, iv) = (Array::from(*secret), Array::from(*iv));
    match des {
        Des::Ecb => des::Des::new(&secret).encrypt_blocks(&mut blocks),
        Des::CbcZeroIv | Des::CbcRandomIv => cbc::Encryptor::<des::Des>::new(&secret, &iv).encrypt_blocks(&mut blocks),
    }
    blocks.concat()
}

fn decrypt(des: Des, secret: &Block, iv: &Block, ciphertext: &[u8]) -> Vec<u8> {
    let blocks = ciphertext.as_chunks::<BLOCK>().0;
    let mut blocks: Vec<Array<u8, _>> = blocks.iter().map(|block| Array::from(*block)).collect();
    let (secret, iv) = (Array::from(*secret), Array::from(*iv));
    match des {
        Des::Ecb => des::Des::new(&secret).decrypt_blocks(&mut blocks),
        Des::CbcZeroIv | Des::CbcRandomIv => cbc::Decryptor::<des::Des>::new(&secret, &iv).decrypt_blocks(&mut blocks),
    }
    blocks.concat()
}
