//! Every operation says who may call it: the test that walks the document calls each without a session and without the
//! permission. Those open to everybody are listed here, where they are seen.

use crate::tree::File;

/// Method and path as in the attribute. Each is a decision: what does a stranger learn from it?
const PUBLIC: &[(&str, &str)] = &[
    ("get", "/healthz"),
    ("get", "/openapi.json"),
    ("get", "/setup"),
    ("post", "/setup"),
    ("post", "/session"),
    ("get", "/session"),
    ("delete", "/session"),
    // Whether a phone is a guardian's is not said to who asks for a code or tries one.
    ("post", "/guardian/signin/codes"),
    ("post", "/guardian/session"),
    ("delete", "/guardian/session"),
    // To a channel, and back from it with a state that the same browser began.
    ("get", "/guardian/oauth"),
    ("get", "/guardian/oauth/{provider}/start"),
    ("get", "/guardian/oauth/{provider}/done"),
    // A phone has no session. A stranger learns nothing before a ticket, a key or a cookie proves it.
    ("post", "/channels/{account}/notify"),
    ("post", "/phones/enrol"),
    ("post", "/phones/refresh"),
    ("delete", "/phones/{device}"),
    // A new terminal shows the office's code; afterwards it signs.
    ("post", "/terminal/enrolment"),
];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.under("server/src/") && file.is(".rs")) {
        for (at, _) in file.text.match_indices("#[utoipa::path(") {
            let line = file.text[..at].matches('\n').count() + 1;
            let attribute = inside(&file.text[at + "#[utoipa::path(".len()..]);
            let method = attribute.trim_start().split([',', '(']).next().unwrap_or_default().trim();
            let path = attribute.split_once("path = \"").and_then(|(_, rest)| rest.split_once('"'));
            let path = path.map_or("", |(path, _)| path);
            if attribute.contains("security(") || PUBLIC.contains(&(method, path)) {
                continue;
            }
            findings.push(format!(
                "{}:{line}: {method} {path} says nothing about who may call it. Add `security((\"session\" = \
                 [\"the.permission\"]))` with the same word as the guard in the signature; if everybody may, list it \
                 in PUBLIC of xtask/tests/tidy/endpoints.rs.",
                file.path
            ));
        }
    }
    findings
}

/// Up to the parenthesis that closes the attribute; parentheses in texts count in pairs.
fn inside(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

#[test]
fn an_open_operation_is_seen() {
    let path = "server/src/people/http.rs";
    let bad = "#[utoipa::path(get, path = \"/people\", responses((status = 200)))]\n// security(";
    let good = "#[utoipa::path(get, path = \"/people\", security((\"session\" = [\"people.read\"])))]\n\
                #[utoipa::path(post, path = \"/session\")]";
    crate::check(check, path, bad, good);
}
