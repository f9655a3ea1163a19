//! Answers that are too long to be held: made part by part, while the parts before are being sent.

use crate::plumbing::db::DbError;
use axum::body::Body;
use futures_util::{TryStreamExt, stream};

/// A body of many parts. When one can't be made the connection breaks, so that nobody takes a piece for the whole.
pub fn streamed<S, F>(state: S, next: impl FnMut(S) -> F + Send + 'static) -> Body
where
    S: Send + 'static,
    F: Future<Output = Result<Option<(Vec<u8>, S)>, DbError>> + Send + 'static,
{
    let told = |error: &DbError| tracing::error!(%error, "an answer broke off");
    Body::from_stream(stream::try_unfold(state, next).inspect_err(told))
}
