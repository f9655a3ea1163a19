//! A school with a key of each suite for cards and phones, its cards, and phones that hold credentials.

use yitong_code::*;

pub const SCHOOL: School = [9; 16];
/// 2026-11-05 12:00 in China.
pub const NOW: i64 = EPOCH_MS + 2_500 * DAY_MS + 4 * HOUR_MS;
const NOT_BEFORE: u32 = ((NOW - EPOCH_MS) / MINUTE_MS) as u32 - 60;
/// As many legacy cards as a large school has.
pub const LEGACY_CARDS: u32 = 50_000;

pub struct School50k {
    pub trust: Trust,
    pub status: StatusList,
}

fn kid(suite: Suite, purpose: Purpose) -> u32 {
    100 * (suite as u32 + 1) + u32::from(purpose.number())
}

pub fn signer(suite: Suite, purpose: Purpose) -> Signer {
    let kid = kid(suite, purpose);
    Signer::new(kid, suite, &[(kid % 251) as u8 + 1; 32]).expect("a small number and a secret of the suite")
}

/// A text as the earlier system may have printed it; only its hash is kept.
pub fn legacy_text(card: u32) -> String {
    format!("#S12345{card:010}42126E#20300831#")
}

impl School50k {
    pub fn new() -> School50k {
        let purposes = [Purpose::PrintedCode, Purpose::Credential, Purpose::LegacyList];
        let keys = Suite::ALL.into_iter().flat_map(|suite| purposes.map(|purpose| trusted(suite, purpose)));
        let mut trust = Trust::new(keys);
        let entry = |card| LegacyEntry {
            fingerprint: fingerprint(&legacy_text(card)),
            account: card,
            serial: card,
            expiry: 3_895,
        };
        let head = LegacyHead { school: SCHOOL, version: 1, issued_at: NOW };
        let signed = LegacyList::sign(
            (0..LEGACY_CARDS).map(entry).collect(),
            head,
            &signer(Suite::Ed25519, Purpose::LegacyList),
        );
        let list = LegacyList::from_signed(&signed.expect("fewer than a million"), &trust, 0).expect("signed just now");
        trust.add_legacy(list);
        let head = StatusHead { school: SCHOOL, version: 1, issued_at: NOW - HOUR_MS };
        let mut status = StatusList::new(head, LEGACY_CARDS, LEGACY_CARDS).expect("fewer than ten million");
        // One in a hundred is lost; the bench shows others.
        for serial in (99..LEGACY_CARDS).step_by(100) {
            status.set(Change::Card { serial, state: CardState::Lost });
        }
        School50k { trust, status }
    }

    pub fn verify(&self, text: &str, replay: Replay) -> Verified {
        verify(text, &self.trust, Status::List(&self.status), replay, NOW).expect("a good code of the bench")
    }
}

fn trusted(suite: Suite, purpose: Purpose) -> TrustedKey {
    TrustedKey {
        kid: kid(suite, purpose),
        school: SCHOOL,
        purpose,
        key: signer(suite, purpose).public_key(),
        valid_from: EPOCH_MS,
        valid_until: EPOCH_MS + 20_000 * DAY_MS,
        use_cap_yuan: 30,
        total_cap_5yuan: 12,
        uses: 4,
    }
}

pub fn card(number: u32) -> StaticFields {
    StaticFields { account: number, serial: number, class: 1, expiry: 3_895 }
}

/// A phone with its credential.
pub struct Phone {
    device: Device,
    pub fields: CredentialFields,
    credential: Credential,
}

impl Phone {
    pub fn new(suite: Suite, number: u32) -> Phone {
        let device = Device::new(&[number as u8 % 250 + 1; 32]).expect("a secret below the order");
        let fields = CredentialFields {
            account: number,
            serial: number,
            not_before: NOT_BEFORE,
            life_hours: 24,
            class: 1,
            use_cap_yuan: 30,
            total_cap_5yuan: 12,
            uses: 4,
            protection: Protection::Browser,
            device_key: device.public_key(),
        };
        let credential = signer(suite, Purpose::Credential).credential(&fields).expect("sound fields");
        Phone { device, fields, credential }
    }

    pub fn show(&self, counter: u16) -> String {
        let shown = self.device.dynamic_code(&self.credential, self.fields.starts_ms(), NOW, counter);
        shown.expect("now is within the credential")
    }
}
