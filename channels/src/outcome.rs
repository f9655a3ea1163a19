//! What is known after an answer.

/// `Unknown` is what everything is that was not understood: no answer, half an answer, an error of the other side, a
/// signature that does not fit. It never means that nothing happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    Done(T),
    /// The channel says in its own explicit words that it did not do it and will not.
    Refused {
        code: String,
        message: String,
    },
    Unknown {
        why: String,
    },
}

impl<T> Outcome<T> {
    pub fn unknown(why: impl Into<String>) -> Outcome<T> {
        Outcome::Unknown { why: why.into() }
    }

    pub fn refused(code: impl Into<String>, message: impl Into<String>) -> Outcome<T> {
        Outcome::Refused { code: code.into(), message: message.into() }
    }

    pub fn and_then<U>(self, f: impl FnOnce(T) -> Outcome<U>) -> Outcome<U> {
        match self {
            Outcome::Done(done) => f(done),
            Outcome::Refused { code, message } => Outcome::Refused { code, message },
            Outcome::Unknown { why } => Outcome::Unknown { why },
        }
    }

    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Done(done) => Outcome::Done(f(done)),
            Outcome::Refused { code, message } => Outcome::Refused { code, message },
            Outcome::Unknown { why } => Outcome::Unknown { why },
        }
    }
}
