//! Passwords: argon2id (OWASP Password Storage: 19 MiB, 2 passes, 1 lane), and what a new one must be.
//! async because hashing takes tens of milliseconds and is done off the request threads.

use crate::plumbing::http::Problem;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_CHARS_MAX: usize = 200;
/// Different signs in a password: fewer is a pattern on the keyboard.
const SIGNS_MIN: usize = 4;
/// A shorter user name is in many good passwords by chance.
const NAME_CHARS: usize = 4;
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Hashes at a time: each takes 19 MiB and a core.
const AT_A_TIME: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_A_TIME);
/// Verified in place of an unknown user's, so that both take the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password"));

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("constant parameters are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> String {
    hasher().hash_password(password.as_bytes()).expect("a short password can be hashed").to_string()
}

/// A few at a time. The turn goes along with the work: a caller who hangs up does not make room for the next one.
async fn off_the_request_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let turn = TURNS.acquire().await.expect("the semaphore is never closed");
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

pub async fn hash(password: String) -> String {
    off_the_request_threads(move || hash_now(&password)).await
}

/// `None` stands for a user who does not exist: the same work, and the answer no.
pub async fn verify(password: String, kept: Option<String>) -> bool {
    let work = move || {
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| NOBODY.clone());
        let parsed = PasswordHash::new(&kept);
        parsed.is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok()) && exists
    };
    off_the_request_threads(work).await
}

/// The first words of every list of stolen passwords, and ours.
const COMMON: [&str; 24] = [
    "1234567890",
    "0123456789",
    "123456789a",
    "password123",
    "qwertyuiop",
    "1q2w3e4r5t",
    "aa12345678",
    "a123456789",
    "admin12345",
    "adminadmin",
    "iloveyou1314",
    "woaini1314520",
    "yitong12345",
    "0987654321",
    "1111122222",
    "12345678910",
    "123qweasdzxc",
    "1qaz2wsx3edc",
    "abc1234567",
    "abcd123456",
    "asdfghjkl;",
    "password1234",
    "qwer123456",
    "yitongyitong",
];

pub fn check_new(password: &str, username: &str) -> Result<(), Problem> {
    let long = password.chars().count();
    let lower = password.to_lowercase();
    let signs = lower.chars().collect::<BTreeSet<_>>().len();
    let (zh, en) = if long < PASSWORD_CHARS_MIN {
        (
            format!("密码至少 {PASSWORD_CHARS_MIN} 个字符。"),
            format!("A password has at least {PASSWORD_CHARS_MIN} characters."),
        )
    } else if long > PASSWORD_CHARS_MAX {
        (
            format!("密码最多 {PASSWORD_CHARS_MAX} 个字符。"),
            format!("A password has at most {PASSWORD_CHARS_MAX} characters."),
        )
    } else if signs < SIGNS_MIN
        || COMMON.contains(&lower.as_str())
        || (username.chars().count() >= NAME_CHARS && lower.contains(&username.to_lowercase()))
    {
        (
            "密码太容易猜到：请勿使用常见密码或包含用户名。".into(),
            "That is easy to guess: no common password, nor your user name.".into(),
        )
    } else {
        return Ok(());
    };
    Err(Problem::bad("weak_password", zh, en).field("password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(password: &str, fits: bool) {
        let answer = check_new(password, "wangfang");
        assert_eq!(
            answer.as_ref().map_err(Problem::code),
            if fits { Ok(&()) } else { Err("weak_password") },
            "{password}"
        );
    }

    #[test]
    fn a_new_password_is_hard_to_guess() {
        check("correct horse battery", true);
        check("食堂的红烧肉真不错呀", true);
        check("short-one", false);
        check(&"long ones ".repeat(21), false);
        check("1234567890", false);
        check("Password123", false);
        check("ababababab", false);
        check("WangFang-2026", false);
        assert!(check_new("banana-tree-9", "an").is_ok(), "a short user name is in many words");
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_as_owasp_says_and_nobody_is_never_right() {
        let kept = hash("correct horse battery".into()).await;
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(verify("correct horse battery".into(), Some(kept.clone())).await);
        assert!(!verify("correct horse".into(), Some(kept)).await);
        assert!(!verify("nobody has this password".into(), None).await);
        assert!(!verify("anything".into(), Some("not a hash".into())).await);
    }
}
