//! Passwords: argon2id (OWASP Password Storage: 19 MiB, 2 passes, 1 lane), and what a new one must be.

use crate::plumbing::http::Problem;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_CHARS_MAX: usize = 200;
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

/// Off the request threads, a few at a time.
pub async fn hash(password: String) -> String {
    let _turn = TURNS.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(move || hash_now(&password)).await.expect("hashing does not panic")
}

/// `None` stands for a user who does not exist: the same work, and the answer no.
pub async fn verify(password: String, kept: Option<String>) -> bool {
    let _turn = TURNS.acquire().await.expect("the semaphore is never closed");
    let work = move || {
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| NOBODY.clone());
        let parsed = PasswordHash::new(&kept);
        parsed.is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok()) && exists
    };
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

/// The first words of every list of stolen passwords, and ours.
const COMMON: [&str; 14] = [
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
    "yitongyitong",
];

pub fn check_new(password: &str, username: &str) -> Result<(), Problem> {
    let long = password.chars().count();
    let lower = password.to_lowercase();
    let one_sign = password.chars().next().is_some_and(|first| password.chars().all(|c| c == first));
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
    } else if one_sign
        || COMMON.contains(&lower.as_str())
        || (!username.is_empty() && lower.contains(&username.to_lowercase()))
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
