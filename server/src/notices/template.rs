//! Texts with variables: `{child}于{time}[在{place}]消费 {amount} 元。` What stands in brackets is left out when one of
//! its variables has no value.

use super::Kind;
use super::variables;

pub const TITLE_SIGNS_MAX: usize = 60;
pub const TEXT_SIGNS_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
    Maybe(Vec<Piece>),
}

/// A text that was read and can be written with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// Why a text can't be a template. Listed in the order in which it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    Empty,
    TooLong(usize),
    /// A `{` without its `}`, a `[` without its `]`, or a bracket within a bracket.
    Unclosed,
    Unknown(String),
    /// The message says nothing without it, and it stands nowhere, or only in brackets.
    Missing(&'static str),
    /// Nobody is told of a debt.
    Shames(&'static str),
}

/// Words that a message to a family never holds. Put together here, so that this file does not hold them itself.
const SHAMING: [&str; 5] = [concat!("欠", "款"), concat!("欠", "费"), concat!("欠", "债"), concat!("拖", "欠"), "debt"];

impl Template {
    pub fn read(text: &str) -> Result<Template, Flaw> {
        let mut rest = text;
        let pieces = pieces(&mut rest, false)?;
        if rest.is_empty() { Ok(Template(pieces)) } else { Err(Flaw::Unclosed) }
    }

    pub fn write(&self, value: &dyn Fn(&str) -> Option<String>) -> String {
        let mut out = String::new();
        write(&self.0, value, &mut out);
        out
    }

    fn variables(&self) -> Vec<(&str, Within)> {
        let mut found = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(_) => {}
                Piece::Variable(name) => found.push((name.as_str(), Within::Text)),
                Piece::Maybe(inner) => found.extend(inner.iter().filter_map(|piece| match piece {
                    Piece::Variable(name) => Some((name.as_str(), Within::Brackets)),
                    _ => None,
                })),
            }
        }
        found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Text,
    Brackets,
}

fn pieces(rest: &mut &str, in_brackets: bool) -> Result<Vec<Piece>, Flaw> {
    let mut found = Vec::new();
    while let Some(at) = rest.find(['{', '}', '[', ']']) {
        if at > 0 {
            found.push(Piece::Text(rest[..at].to_owned()));
        }
        let sign = rest.as_bytes()[at];
        *rest = &rest[at + 1..];
        match sign {
            b'{' => {
                let (name, after) = rest.split_once('}').ok_or(Flaw::Unclosed)?;
                found.push(Piece::Variable(name.trim().to_owned()));
                *rest = after;
            }
            b'[' if !in_brackets => found.push(Piece::Maybe(pieces(rest, true)?)),
            b']' if in_brackets => return Ok(found),
            _ => return Err(Flaw::Unclosed),
        }
    }
    if in_brackets {
        return Err(Flaw::Unclosed);
    }
    if !rest.is_empty() {
        found.push(Piece::Text(std::mem::take(rest).to_owned()));
    }
    Ok(found)
}

fn write(pieces: &[Piece], value: &dyn Fn(&str) -> Option<String>, out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable(name) => out.push_str(&value(name).unwrap_or_default()),
            Piece::Maybe(inner) => {
                let has = |piece: &Piece| match piece {
                    Piece::Variable(name) => value(name).is_some_and(|text| !text.is_empty()),
                    _ => true,
                };
                if inner.iter().all(has) {
                    write(inner, value, out);
                }
            }
        }
    }
}

/// Whether a school's title and text may stand for this kind.
pub fn check(kind: Kind, title: &str, text: &str) -> Result<(), Flaw> {
    for (of, most) in [(title, TITLE_SIGNS_MAX), (text, TEXT_SIGNS_MAX)] {
        if of.trim().is_empty() {
            return Err(Flaw::Empty);
        }
        if of.chars().count() > most {
            return Err(Flaw::TooLong(most));
        }
    }
    let (title_read, text_read) = (Template::read(title)?, Template::read(text)?);
    let known = variables::of(kind);
    let mut used = title_read.variables();
    used.extend(text_read.variables());
    if let Some((name, _)) = used.iter().find(|(name, _)| !known.iter().any(|variable| variable.name == *name)) {
        return Err(Flaw::Unknown((*name).to_owned()));
    }
    for variable in known.iter().filter(|variable| variable.required) {
        // A title may be cut off by the channel, so what must be said stands in the text.
        if !text_read.variables().contains(&(variable.name, Within::Text)) {
            return Err(Flaw::Missing(variable.name));
        }
    }
    let lower = format!("{title}\n{text}").to_lowercase();
    SHAMING.iter().find(|word| lower.contains(**word)).map_or(Ok(()), |word| Err(Flaw::Shames(word)))
}

/// Whether the value of a channel's field can be written for this kind.
pub fn check_field(kind: Kind, text: &str) -> Result<(), Flaw> {
    let template = Template::read(text)?;
    let known = variables::of(kind);
    let used = template.variables();
    let unknown = used.iter().find(|(name, _)| !known.iter().any(|variable| variable.name == *name));
    unknown.map_or(Ok(()), |(name, _)| Err(Flaw::Unknown((*name).to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, values: &[(&str, &str)]) -> Result<String, Flaw> {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        Template::read(text).map(|template| template.write(&value))
    }

    #[test]
    fn brackets_go_with_their_variables() {
        let check = |text: &str, values: &[(&str, &str)], expected: &str| {
            assert_eq!(written(text, values), Ok(expected.to_owned()), "{text}");
        };
        check("{child}[在{place}]消费", &[("child", "张三"), ("place", "一食堂")], "张三在一食堂消费");
        check("{child}[在{place}]消费", &[("child", "张三")], "张三消费");
        check("{child}[在{place}]消费", &[("child", "张三"), ("place", "")], "张三消费");
        check("没有变量", &[], "没有变量");
        check("{ child }", &[("child", "{amount}")], "{amount}");
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for text in ["{child", "child}", "[{child}", "{child}]", "[a[b]]"] {
            assert_eq!(written(text, &[]), Err(Flaw::Unclosed), "{text}");
        }
    }

    #[test]
    fn a_school_can_not_leave_out_what_matters() {
        let refused = |title: &str, text: &str| check(Kind::Arrears, title, text).expect_err(text);
        assert_eq!(check(Kind::Arrears, "延迟扣款", "{child}有 {amount} 元延迟扣款。"), Ok(()));
        assert_eq!(refused("", "{child} {amount}"), Flaw::Empty);
        assert_eq!(refused(&"长".repeat(61), "{child} {amount}"), Flaw::TooLong(60));
        assert_eq!(refused("好", "{child} {dish}"), Flaw::Unknown("dish".into()));
        assert_eq!(refused("{amount}", "{child}"), Flaw::Missing("amount"));
        assert_eq!(refused("好", "{child}[{amount}]"), Flaw::Missing("amount"));
        let shaming = concat!("{child}欠", "款 {amount} 元");
        assert_eq!(refused("好", shaming), Flaw::Shames(concat!("欠", "款")));
        assert_eq!(refused("Debt", "{child} {amount}"), Flaw::Shames("debt"));
        assert_eq!(check_field(Kind::Arrears, "{child}:{amount}"), Ok(()));
        assert_eq!(check_field(Kind::Arrears, "{dish}"), Err(Flaw::Unknown("dish".into())));
    }
}
