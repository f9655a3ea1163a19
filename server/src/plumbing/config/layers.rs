//! File, environment, flags: each value with where it came from, and errors that say where to mend what.

use super::Config;
use super::settings::{Kind, SETTINGS, Setting, Wrong};
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File { path: PathBuf, line: usize },
    Environment(&'static str),
    Flag(String),
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Default => write!(f, "default"),
            Source::File { path, line } => write!(f, "{}:{line}", path.display()),
            Source::Environment(name) => write!(f, "{name}"),
            Source::Flag(name) => write!(f, "{name}"),
        }
    }
}

/// Something in the configuration can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{zh}\n{en}")]
pub struct ConfigError {
    pub zh: String,
    pub en: String,
}

/// The configuration, and who had the last word on each setting, in the order of `SETTINGS`.
#[derive(Debug)]
pub struct Settled {
    pub config: Config,
    pub from: Vec<Source>,
}

/// A value as text, before it is judged.
struct Said {
    setting: usize,
    text: String,
    from: Source,
}

/// `file` is a path with its text; `env` looks a variable up; `flags` are keys with their flag's name and text.
pub fn settle(
    file: Option<(&Path, &str)>,
    env: impl Fn(&str) -> Option<String>,
    flags: &[(&str, String, String)],
) -> Result<Settled, ConfigError> {
    let mut said = match file {
        Some((path, text)) => read(path, text)?,
        None => Vec::new(),
    };
    for (i, setting) in SETTINGS.iter().enumerate() {
        if let Some(text) = env(setting.env) {
            said.push(Said { setting: i, text, from: Source::Environment(setting.env) });
        }
    }
    for (key, flag, text) in flags {
        let setting = find(key).ok_or_else(|| unknown(&Source::Flag(flag.clone()), key))?;
        said.push(Said { setting, text: text.clone(), from: Source::Flag(flag.clone()) });
    }
    let mut config = Config::in_folder("data".into());
    let mut from = vec![Source::Default; SETTINGS.len()];
    // In the order of the list: the folder comes before the places that follow from it.
    for (i, setting) in SETTINGS.iter().enumerate() {
        if let Some(last) = said.iter().rfind(|said| said.setting == i) {
            (setting.set)(&mut config, &last.text).map_err(|wrong| bad(setting, last, wrong))?;
            from[i] = last.from.clone();
        }
    }
    Ok(Settled { config, from })
}

fn find(key: &str) -> Option<usize> {
    SETTINGS.iter().position(|setting| setting.key == key)
}

fn read(path: &Path, text: &str) -> Result<Vec<Said>, ConfigError> {
    let line_at = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let place = |at: usize| Source::File { path: path.to_owned(), line: line_at(at) };
    let table = DeTable::parse(text).map_err(|error| {
        let (at, why) = (place(error.span().map_or(0, |span| span.start)), error.message());
        ConfigError {
            zh: format!("{at}：不是有效的 TOML（{why}）。文字须加引号，表写作 [backup]。"),
            en: format!("{at}: this is not TOML ({why}). Texts stand in quotes, a table is written [backup]."),
        }
    })?;
    let mut said = Vec::new();
    let mut take = |key: String, at: usize, value: &DeValue<'_>, written: &str| {
        let from = place(at);
        let setting = find(&key).ok_or_else(|| unknown(&from, &key))?;
        let found = match value {
            DeValue::String(text) => Some((Kind::Text, text.to_string())),
            DeValue::Integer(_) => Some((Kind::Number, written.replace('_', ""))),
            DeValue::Boolean(flag) => Some((Kind::Flag, flag.to_string())),
            _ => None,
        };
        match found {
            Some((kind, text)) if kind == SETTINGS[setting].kind => said.push(Said { setting, text, from }),
            _ => return Err(wrong_kind(&SETTINGS[setting], &from)),
        }
        Ok(())
    };
    for (name, value) in table.get_ref() {
        let DeValue::Table(inner) = value.get_ref() else {
            take(name.get_ref().to_string(), name.span().start, value.get_ref(), &text[value.span()])?;
            continue;
        };
        for (key, value) in inner {
            let whole = format!("{}.{}", name.get_ref(), key.get_ref());
            take(whole, key.span().start, value.get_ref(), &text[value.span()])?;
        }
    }
    Ok(said)
}

fn unknown(at: &Source, key: &str) -> ConfigError {
    let last = key.rsplit('.').next().unwrap_or(key);
    let near = SETTINGS.iter().min_by_key(|setting| {
        let name = setting.key.rsplit('.').next().unwrap_or(setting.key);
        distance(key, setting.key).min(distance(last, name) + 1)
    });
    let near = near.map_or("", |setting| setting.key);
    ConfigError {
        zh: format!("{at}：没有 {key} 这个设置。是否想写 {near}？全部设置见 yitong config example。"),
        en: format!("{at}: there is no setting {key}. Did you mean {near}? `yitong config example` lists all."),
    }
}

/// How many letters differ: enough to guess what was meant.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let put = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = put.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

fn wrong_kind(setting: &Setting, at: &Source) -> ConfigError {
    let (zh, en) = match setting.kind {
        Kind::Text => ("须为带引号的文字", "a text in quotes"),
        Kind::Number => ("须为整数，不加引号", "a whole number without quotes"),
        Kind::Flag => ("须为 true 或 false，不加引号", "true or false without quotes"),
    };
    ConfigError { zh: format!("{at}：{} {zh}。", setting.key), en: format!("{at}: {} is {en}.", setting.key) }
}

fn bad(setting: &Setting, said: &Said, wrong: Wrong) -> ConfigError {
    let (key, at) = (setting.key, &said.from);
    let shown = if setting.secret { String::new() } else { format!(" = {:?}", said.text) };
    ConfigError {
        zh: format!("{at}：{key}{shown} 不可用，{}。", wrong.0),
        en: format!("{at}: {key}{shown} can't be used; it must be {}.", wrong.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settled, ConfigError> {
        let look = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
        let flags: Vec<_> = flags.iter().map(|(key, text)| (*key, format!("--{key}"), (*text).to_owned())).collect();
        settle(Some((Path::new("yitong.toml"), text)), look, &flags)
    }

    #[test]
    fn the_last_word_counts() {
        let file = "listen = \"127.0.0.1:1\"\ndata = \"here\"\n[backup]\nkeep = 3\n";
        let settled = of(file, &[("YITONG_BACKUP_KEEP", "5")], &[("listen", "127.0.0.1:2")]).expect("all is well");
        assert_eq!(settled.config.listen.port(), 2);
        assert_eq!(settled.config.backup.keep, 5);
        assert_eq!(settled.config.key_file, Path::new("here/yitong.key"), "follows from the folder");
        assert_eq!(settled.config.backup.folder, Path::new("here/backups"));
        let from = |key: &str| settled.from[find(key).expect("a known key")].to_string();
        assert_eq!(from("listen"), "--listen");
        assert_eq!(from("data"), "yitong.toml:2");
        assert_eq!(from("backup.keep"), "YITONG_BACKUP_KEEP");
        assert_eq!(from("backup.daily_at"), "default");
    }

    #[test]
    fn an_error_says_where_to_mend_what() {
        let says = |text: &str, zh: &str, en: &str| {
            let error = of(text, &[], &[]).expect_err(text);
            assert!(error.zh.contains(zh) && error.en.contains(en), "{error}");
        };
        says("\n[backup]\nkep = 3\n", "yitong.toml:3：没有 backup.kep", "Did you mean backup.keep?");
        says("[backups]\nkeep = 3\n", "yitong.toml:2", "Did you mean backup.keep?");
        says("[backup]\nkeep = \"3\"\n", "须为整数", "yitong.toml:2: backup.keep is a whole number");
        says("[backup]\nkeep = 0\n", "应为 1 至 1000", "backup.keep = \"0\" can't be used; it must be 1 to 1000");
        says("[backup]\ndaily_at = \"25:00\"\n", "03:30", "a time like 03:30, or off");
        says("secure_cookies = 1\n", "yitong.toml:1：secure_cookies", "true or false without quotes");
        says("listen = \"8600\"\n", "地址与端口", "127.0.0.1:8600");
        says("listen = 127.0.0.1\n", "不是有效的 TOML", "yitong.toml:1: this is not TOML");
        says("database = \"mysql://root:secret@x\"\n", "postgres://", "begins with postgres://");
        let told = of("database = \"mysql://root:secret@x\"\n", &[], &[]).expect_err("a bad address").to_string();
        assert!(!told.contains("secret"), "{told}");
        let env = of("", &[("YITONG_LIMITS_OPEN_REQUESTS", "many")], &[]).expect_err("no number");
        assert!(env.en.starts_with("YITONG_LIMITS_OPEN_REQUESTS: limits.open_requests"), "{env}");
    }

    #[test]
    fn the_example_says_the_defaults() {
        let text: String = super::super::example().lines().fold(String::new(), |text, line| {
            let setting = line.strip_prefix("# ").filter(|rest| rest.contains(" = "));
            text + setting.unwrap_or(line) + "\n"
        });
        let settled = of(&text, &[], &[]).expect("the example is a good file");
        assert!(settled.from.iter().all(|from| *from != Source::Default), "each setting is in it:\n{text}");
        let (mine, theirs) = (format!("{:?}", settled.config), format!("{:?}", Config::in_folder("data".into())));
        assert_eq!(mine, theirs);
    }

    #[test]
    fn the_handbook_names_each_setting() {
        let handbook = include_str!("../../../../docs/operations.md");
        for setting in SETTINGS {
            let named = handbook.contains(&format!("`{}`", setting.key)) && handbook.contains(setting.env);
            assert!(named, "docs/operations.md does not name {} and {}", setting.key, setting.env);
        }
    }
}
