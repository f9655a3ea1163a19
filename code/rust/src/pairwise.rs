//! What another maker's gate learns of a person: a number that is stable at that maker and means nothing at the next
//! one.

use crate::{School, Verified};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Given by a school to one integrator; another integrator has another.
#[derive(Clone)]
pub struct PairwiseKey([u8; 32]);

impl PairwiseKey {
    pub fn new(secret: [u8; 32]) -> PairwiseKey {
        PairwiseKey(secret)
    }

    /// The key of one integrator, from the secret of the school.
    pub fn of_integrator(school_secret: &[u8; 32], integrator: &str) -> PairwiseKey {
        PairwiseKey(mac(school_secret, &[b"C1\0integrator\0", integrator.as_bytes()]))
    }
}

/// The same person at the same integrator: the same 16 bytes, whatever card or phone is shown.
pub fn pairwise_id(key: &PairwiseKey, of: &Verified) -> [u8; 16] {
    id(key, of.school(), of.account())
}

fn id(key: &PairwiseKey, school: School, account: u32) -> [u8; 16] {
    let whole = mac(&key.0, &[b"C1\0pairwise\0", &school, &account.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&whole[..16]);
    id
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_integrator_school_or_account_gives_another_number() {
        let [a, b] = ["gate maker", "bus line"].map(|of| PairwiseKey::of_integrator(&[1; 32], of));
        let first = id(&a, [9; 16], 7);
        assert_eq!(first, id(&a, [9; 16], 7));
        for other in [id(&b, [9; 16], 7), id(&a, [8; 16], 7), id(&a, [9; 16], 8)] {
            assert_ne!(first, other);
        }
    }
}
