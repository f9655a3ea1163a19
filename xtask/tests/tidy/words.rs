//! What the pages say: no child is called a debtor, texts come from the messages, sums from the server.

use crate::tree::File;

/// Files whose words reach a screen or a printer.
fn reaches_people(file: &File) -> bool {
    let page = file.under("web/") && (file.is(".ts") || file.is(".vue") || file.is(".html"));
    let rust = file.is(".rs") && (file.under("server/src/") || file.under("core/"));
    page || rust
}

/// Dignity at the till: 延迟扣款, "to be paid later".
pub fn no_debtors(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| reaches_people(file) && !is_test(&file.path)) {
        for (n, line) in file.lines().filter(|(_, line)| line.contains(concat!("欠", "款"))) {
            let recognised = line.contains("//") && !line.split("//").next().unwrap_or_default().contains('欠');
            if !recognised {
                findings.push(format!(
                    "{}:{n}: nobody is told of a debt; write 延迟扣款 (English: \"collect later\", \"to be paid\").",
                    file.path
                ));
            }
        }
    }
    findings
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains(".test.") || path.contains("/test/") || path.contains("/tests/")
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// The template of a page holds no words of its own: they would exist in one language only.
pub fn no_text_in_pages(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.under("web/") && file.is(".vue")) {
        let mut comment = false;
        for (n, line) in file.lines() {
            comment |= line.contains("<!--");
            let said = line.split("//").next().unwrap_or_default();
            if !comment && said.chars().any(is_chinese) {
                findings.push(format!(
                    "{}:{n}: words in a page. Give them a key in the messages, in both languages: `{}`",
                    file.path,
                    line.trim()
                ));
            }
            comment &= !line.contains("-->");
        }
    }
    findings
}

/// Pages show what the server counted, through one formatter.
const SUMS: [&str; 3] = ["toFixed(2)", "/ 100)", "parseFloat("];

pub fn no_sums_in_pages(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    let page = |file: &&File| file.under("web/") && (file.is(".ts") || file.is(".vue")) && !is_test(&file.path);
    for file in files.iter().filter(page).filter(|file| !file.is("/money.ts") && !file.is_generated()) {
        for (n, line) in file.lines().filter(|(_, line)| SUMS.iter().any(|sum| line.contains(sum))) {
            if line.contains(".fen") || line.contains("toFixed(2)") || line.contains("parseFloat(") {
                findings.push(format!(
                    "{}:{n}: money is counted in a page. Keep fen whole and show them through shared/money.ts.",
                    file.path
                ));
            }
        }
    }
    findings
}

#[test]
fn words_are_checked() {
    let debt = concat!("zh: '欠", "款'");
    crate::check(no_debtors, "web/src/shared/i18n/zh.ts", debt, "zh: '延迟扣款'");
    crate::check(no_text_in_pages, "web/src/a/APage.vue", "<p>余额</p>", "<!-- 余额 -->\n<p>{{ t('balance') }}</p>");
    crate::check(no_sums_in_pages, "web/src/a/APage.vue", "(m.fen / 100).toFixed(2)", "money(m)");
}
