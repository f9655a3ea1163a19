//! What is wrong with a line, for the person who has to mend it or to call the bank.

/// Never holds a value: names and account numbers stay in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {en}")]
pub struct Problem {
    /// From 1; 0 is the file as a whole, or a setting.
    pub line: usize,
    /// The title of the column, or the word of its field.
    pub column: Option<String>,
    pub zh: String,
    pub en: String,
}

impl Problem {
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem { line: 0, column: None, zh: zh.into(), en: en.into() }
    }

    pub(super) fn at(self, line: usize) -> Problem {
        Problem { line, ..self }
    }

    pub(super) fn column(self, name: &str) -> Problem {
        Problem { column: Some(name.to_owned()), ..self }
    }
}
