//! Documents: each has one title, and the paths it names exist.

use crate::tree::File;

fn documents(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.is(".md"))
}

/// The lines outside fenced blocks.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    file.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

pub fn one_title(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in documents(files) {
        let titles: Vec<usize> = prose(file).filter(|(_, line)| line.starts_with("# ")).map(|(n, _)| n).collect();
        if titles.len() != 1 {
            findings.push(format!(
                "{}: {} titles (`# …`). Give it one, on top, and `##` below it.",
                file.path,
                titles.len()
            ));
        }
    }
    findings
}

/// Where a path may begin: the folders of the repository. `/api/v1/…` is an address, not a path.
fn looks_like_a_path(word: &str, files: &[File]) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let Some((first, _)) = word.split_once('/') else { return false };
    word.chars().all(plain) && files.iter().any(|file| file.path.starts_with(&format!("{first}/")))
}

/// Made by a build, so not kept.
const BUILT: [&str; 2] = ["web/dist", "web/node_modules"];

pub fn paths_exist(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in documents(files) {
        for (n, line) in prose(file) {
            let quoted = line.split('`').skip(1).step_by(2);
            for word in quoted.filter(|word| looks_like_a_path(word, files)) {
                let path = word.trim_end_matches('/');
                let there = files.iter().any(|f| f.path == path || f.path.starts_with(&format!("{path}/")));
                if !there && !BUILT.iter().any(|built| path.starts_with(built)) {
                    findings.push(format!(
                        "{}:{n}: `{word}` does not exist (any more). Say where it is now, or drop the sentence.",
                        file.path
                    ));
                }
            }
            for target in links(line) {
                let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let path = join(folder, target.split('#').next().unwrap_or_default());
                if !files.iter().any(|f| f.path == path || f.path.starts_with(&format!("{path}/"))) {
                    findings.push(format!("{}:{n}: the link to {target} leads nowhere. Mend or drop it.", file.path));
                }
            }
        }
    }
    findings
}

/// The targets of `[…](…)` inside the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).filter(|target| {
        !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:") && !target.is_empty()
    })
}

fn join(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn documents_are_checked() {
    crate::check(one_title, "a.md", "# A\n\n# B\n", "# A\n\n```sh\n# not a title\n```\n");
    crate::check(one_title, "a.md", "no title", "# A\n");
    crate::check(paths_exist, "docs/a.md", "see `docs/gone.md`", "see `docs/a.md`, `/api/v1/x`, `a/b`");
    crate::check(paths_exist, "docs/a.md", "see [it](b.md)", "see [it](a.md#x) and [it](https://example.org/b.md)");
}
