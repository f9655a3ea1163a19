//! What a terminal signs of each request, so that the server knows the device without a password on the wire.

use yitong_values::Timestamp;

/// The terminal's id, the moment of the request in ms UTC, and the signature in base64url.
pub const AUTH_HEADERS: [&str; 3] = ["yitong-terminal", "yitong-at", "yitong-signature"];
/// How far the moment of a request may be from the server's. A request that is heard twice says the same again: all of
/// them are safe to repeat.
pub const SIGNED_AT_MS_MAX: i64 = 5 * 60_000;
/// The kind that is signed; see [`crate::DeviceKey::sign`].
pub const REQUEST: &str = "request 1";

/// The text that stands for a request. `target` is the path with its query, as sent; `body` the SHA-256 of the body.
pub fn request_text(method: &str, target: &str, at: Timestamp, body: &[u8; 32]) -> Vec<u8> {
    format!("{method}\n{target}\n{}\n{}", at.ms(), hex::encode(body)).into_bytes()
}
