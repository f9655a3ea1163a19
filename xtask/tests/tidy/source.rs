//! Rust text with comments and the inside of strings blanked out, so that a rule sees only code; lines keep their
//! numbers. Not a parser: enough of the lexer to know what is not code.

/// What the blanking is inside of.
enum Within {
    Code,
    Line,
    Block { depth: usize },
    Text { hashes: Option<usize> },
}

/// Comments and strings become spaces.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut within = Within::Code;
    let mut at = 0;
    while at < chars.len() {
        let here = chars[at];
        let next = chars.get(at + 1).copied().unwrap_or('\0');
        let mut eaten = 1;
        let mut kept = false;
        match &mut within {
            Within::Code => match here {
                '/' if next == '/' => within = Within::Line,
                '/' if next == '*' => (within, eaten) = (Within::Block { depth: 1 }, 2),
                '"' => within = Within::Text { hashes: None },
                'r' if raw_string(&chars, at).is_some() => {
                    let hashes = raw_string(&chars, at).unwrap_or(0);
                    (within, eaten) = (Within::Text { hashes: Some(hashes) }, hashes + 2);
                }
                '\'' => match char_literal(&chars, at) {
                    Some(length) => eaten = length,
                    None => kept = true,
                },
                _ => kept = true,
            },
            Within::Line if here == '\n' => within = Within::Code,
            Within::Line => {}
            Within::Block { depth } => match (here, next) {
                ('/', '*') => (*depth, eaten) = (*depth + 1, 2),
                ('*', '/') => {
                    (*depth, eaten) = (*depth - 1, 2);
                    if *depth == 0 {
                        within = Within::Code;
                    }
                }
                _ => {}
            },
            Within::Text { hashes: None } => match here {
                '\\' => eaten = 2,
                '"' => within = Within::Code,
                _ => {}
            },
            Within::Text { hashes: Some(hashes) } => {
                let closing = here == '"' && (1..=*hashes).all(|i| chars.get(at + i) == Some(&'#'));
                if closing {
                    eaten = *hashes + 1;
                    within = Within::Code;
                }
            }
        }
        for c in chars.iter().skip(at).take(eaten) {
            out.push(if kept || *c == '\n' { *c } else { ' ' });
        }
        at += eaten;
    }
    out
}

/// The number of `#` when a raw string begins here.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let inside_a_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b';
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (!inside_a_name && chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The length of a character between quotes; `None` for a lifetime.
fn char_literal(chars: &[char], at: usize) -> Option<usize> {
    if chars.get(at + 1) == Some(&'\\') {
        let end = chars[at + 3..].iter().take(10).position(|c| *c == '\'')?;
        return Some(end + 4);
    }
    (chars.get(at + 2) == Some(&'\'')).then_some(3)
}

/// The code before the tests of the file: by our layout they come last.
pub fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod ").map_or(code, |at| &code[..at])
}

/// Where a word stands as a whole name.
pub fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + word.len()..].chars().next().is_some_and(part);
        !before && !after
    })
}

#[test]
fn only_code_is_left() {
    let text = "let a = \"async \\\" f64\"; // f64\n\
                let b = r#\"async \"x\"\"#; /* f64 /* f64 */ f64 */\n\
                let c = '\"'; x::<'a>()";
    let left = code(text);
    assert!(!left.contains("f64") && !left.contains("async"), "{left}");
    assert!(left.contains("let b =") && left.contains("let c =") && left.contains("x::<'a>()"), "{left}");
    assert_eq!(left.lines().count(), text.lines().count());
}

#[test]
fn words_are_whole() {
    assert!(has_word("x: f64,", "f64"));
    assert!(!has_word("of_f64s()", "f64"));
}
