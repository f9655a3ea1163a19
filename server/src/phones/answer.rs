//! What a phone hears: its next credential, and whose it is, as little as its screen needs.

use super::store::PhoneRow;
use crate::App;
use crate::credentials::{self, PhoneCaps, PhoneNumbers, Use};
use crate::plumbing::db::DbError;
use crate::plumbing::http::{Money, Problem};
use crate::policies::CodePolicy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yitong_code::{EPOCH_MS, LIFE_HOURS_MAX, MINUTE_MS, Protection, Purpose};
use yitong_values::Timestamp;

const YUAN: i64 = 100;
const FIVE_YUAN: i64 = 500;

#[derive(Serialize, ToSchema)]
pub struct PhoneCredential {
    device: Uuid,
    phone_name: String,
    /// Masked: 王*明.
    person_name: String,
    school_name: String,
    /// Whom to call when the phone is lost; empty when the school entered none.
    office_phone: String,
    /// 118 bytes (`code/SPEC.md`, type 2), base64.
    credential: String,
    starts_at: String,
    ends_at: String,
    /// Offline: in one use, in all uses together, and how many.
    use_cap: Money,
    total_cap: Money,
    uses: u8,
    server_time: String,
}

/// What the policy says, in the units of a credential.
fn caps(policy: &CodePolicy) -> PhoneCaps {
    let byte = |n: i64| u8::try_from(n.clamp(0, 255)).unwrap_or(u8::MAX);
    PhoneCaps {
        use_cap_yuan: byte(policy.phone_use_cap / YUAN),
        total_cap_5yuan: byte(policy.phone_total_cap / FIVE_YUAN),
        uses: byte(policy.phone_uses),
        life_hours: byte(policy.phone_life_h.clamp(1, i64::from(LIFE_HOURS_MAX))),
    }
}

pub fn protection_of(word: &str) -> Option<Protection> {
    match word {
        "script" => Some(Protection::Script),
        "browser" => Some(Protection::Browser),
        // Nobody attests a secure element to us yet, so nobody may claim one.
        _ => None,
    }
}

/// Signs the credential that this row says.
pub async fn credential_of(
    app: &App,
    phone: &PhoneRow,
    policy: &CodePolicy,
    now: Timestamp,
) -> Result<PhoneCredential, Problem> {
    let numbers = PhoneNumbers { account: phone.account, serial: phone.serial };
    let protection = protection_of(&phone.protection).unwrap_or(Protection::Script);
    let begins = Timestamp::from_ms(EPOCH_MS + i64::from(phone.not_before) * MINUTE_MS);
    let caps = caps(policy);
    let fields = credentials::credential_fields(numbers, caps, protection, phone.device_key, begins);
    let purpose = Use::Of(Purpose::Credential);
    let signer = credentials::signer(&app.db, &app.seal, phone.school, purpose, app.config.codes.suite, now).await?;
    let signed = signer.credential(&fields).ok_or(DbError::Broken("a credential could not be written".into()))?;
    Ok(PhoneCredential {
        device: phone.id.uuid(),
        phone_name: phone.name.clone(),
        person_name: masked(&phone.person_name),
        school_name: phone.school_name.clone(),
        office_phone: phone.office_phone.clone(),
        credential: BASE64.encode(signed.as_bytes()),
        starts_at: Timestamp::from_ms(fields.starts_ms()).to_string(),
        ends_at: Timestamp::from_ms(fields.ends_ms()).to_string(),
        use_cap: Money { fen: i64::from(caps.use_cap_yuan) * YUAN },
        total_cap: Money { fen: i64::from(caps.total_cap_5yuan) * FIVE_YUAN },
        uses: caps.uses,
        server_time: now.to_string(),
    })
}

/// Enough for its owner, and for a cashier who knows the face: the first and the last sign.
fn masked(name: &str) -> String {
    let signs: Vec<char> = name.chars().collect();
    match signs.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, between @ .., last] => format!("{first}{}{last}", "*".repeat(between.len().min(3))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_masked() {
        assert_eq!(["王小明", "李雷", "欧", "", "Ann Lee"].map(masked), ["王*明", "李*", "欧", "", "A***e"]);
    }

    #[test]
    fn a_policy_fits_into_a_credential() {
        let of =
            |phone_use_cap, phone_life_h| caps(&CodePolicy { phone_use_cap, phone_life_h, ..CodePolicy::default() });
        assert_eq!((of(10_000, 24).use_cap_yuan, of(10_000, 24).life_hours), (100, 24));
        assert_eq!((of(99, 0).use_cap_yuan, of(99, 0).life_hours), (0, 1));
        assert_eq!((of(1_000_000, 900).use_cap_yuan, of(1_000_000, 900).life_hours), (255, 48));
    }
}
