//! Which crate may depend on which: purity flows one way. Read from each Cargo.toml.

use crate::tree::File;

struct Arrow {
    manifest: &'static str,
    ours: &'static [&'static str],
    /// What comes from outside; `None` where a program may use what the workspace lists.
    outside: Option<&'static [&'static str]>,
}

const ARROWS: &[Arrow] = &[
    Arrow { manifest: "core/values/Cargo.toml", ours: &[], outside: Some(&["serde", "thiserror", "uuid"]) },
    Arrow { manifest: "core/ledger/Cargo.toml", ours: &["yitong-values"], outside: Some(&["sha2", "thiserror"]) },
    Arrow { manifest: "core/rules/Cargo.toml", ours: &["yitong-values"], outside: Some(&["thiserror"]) },
    Arrow {
        manifest: "core/purchase/Cargo.toml",
        ours: &["yitong-values", "yitong-ledger", "yitong-rules"],
        outside: Some(&["thiserror"]),
    },
    Arrow { manifest: "core/payment/Cargo.toml", ours: &["yitong-values"], outside: Some(&[]) },
    Arrow {
        manifest: "core/sync/Cargo.toml",
        ours: &["yitong-values", "yitong-rules"],
        outside: Some(&[
            "base64",
            "chacha20poly1305",
            "ed25519-dalek",
            "hex",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "uuid",
        ]),
    },
    Arrow {
        manifest: "code/rust/Cargo.toml",
        ours: &[],
        outside: Some(&["crrl", "ed25519-dalek", "hmac", "sha2", "sm2"]),
    },
    Arrow {
        manifest: "code/legacy/Cargo.toml",
        ours: &[],
        outside: Some(&["base64", "cbc", "crc", "des", "hex", "rsa", "sha1"]),
    },
    Arrow { manifest: "code/c/Cargo.toml", ours: &["yitong-code"], outside: Some(&["sha2"]) },
    // It compares our codes with other makers' formats, so it may use what it likes.
    Arrow { manifest: "code/bench/Cargo.toml", ours: &["yitong-code", "yitong-legacy"], outside: None },
    Arrow {
        manifest: "channels/Cargo.toml",
        ours: &["yitong-values"],
        outside: Some(&[
            "base64",
            "encoding_rs",
            "flate2",
            "hex",
            "lettre",
            "md-5",
            "ring",
            "serde",
            "serde_json",
            "thiserror",
            "x509-cert",
            "zip",
        ]),
    },
    // A program that plays the other side; nothing of the server in it.
    Arrow { manifest: "sandbox/Cargo.toml", ours: &["yitong-values", "yitong-channels"], outside: None },
    // Drivers know bytes and plugs, nothing of a school.
    Arrow {
        manifest: "terminal/devices/Cargo.toml",
        ours: &[],
        outside: Some(&["encoding_rs", "evdev", "rustix", "serde"]),
    },
    Arrow {
        manifest: "server/Cargo.toml",
        ours: &[
            "yitong-values",
            "yitong-ledger",
            "yitong-rules",
            "yitong-purchase",
            "yitong-payment",
            "yitong-code",
            "yitong-legacy",
            "yitong-channels",
            "yitong-sandbox",
            "yitong-sync",
            "yitong-journal",
        ],
        outside: None,
    },
    // Shared by the agent, the server that reads a stick, and the simulator.
    Arrow { manifest: "terminal/journal/Cargo.toml", ours: &["yitong-values", "yitong-sync"], outside: None },
    // It plays all of them, in one process.
    Arrow {
        manifest: "sim/Cargo.toml",
        ours: &["yitong", "yitong-code", "yitong-journal", "yitong-sync", "yitong-terminal", "yitong-values"],
        outside: None,
    },
    // The counter decides with the same rules as the server, and knows neither its books nor its channels.
    Arrow {
        manifest: "terminal/Cargo.toml",
        ours: &[
            "yitong-values",
            "yitong-rules",
            "yitong-purchase",
            "yitong-code",
            "yitong-sync",
            "yitong-journal",
            "yitong-devices",
        ],
        outside: None,
    },
    Arrow { manifest: "xtask/Cargo.toml", ours: &[], outside: Some(&[]) },
    Arrow {
        manifest: "fuzz/Cargo.toml",
        ours: &[
            "yitong-ledger",
            "yitong-rules",
            "yitong-code",
            "yitong-legacy",
            "yitong-values",
            "yitong-channels",
            "yitong-devices",
            "yitong-sync",
            "yitong",
        ],
        outside: Some(&["libfuzzer-sys"]),
    },
];

pub fn check(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| file.is("/Cargo.toml")).flat_map(one).collect()
}

fn one(file: &File) -> Vec<String> {
    let path = &file.path;
    let Some(arrow) = ARROWS.iter().find(|arrow| arrow.manifest == path) else {
        return vec![format!(
            "{path}: a new crate. Say what it may depend on: add it to ARROWS in xtask/tests/tidy/arrows.rs, and to \
             ARCHITECTURE.md."
        )];
    };
    let mut findings = Vec::new();
    for (line, name, value) in dependencies(&file.text) {
        let allowed = match name.starts_with("yitong") {
            true => arrow.ours.contains(&name),
            false => arrow.outside.is_none_or(|outside| outside.contains(&name)),
        };
        if !allowed {
            findings.push(format!(
                "{path}:{line}: {name} points against the arrows. Hand in what is needed as an argument, or move the \
                 code to a crate that may use it (ARCHITECTURE.md, \"Crates\"); a new arrow is a decision of its own."
            ));
        }
        // These are workspaces of their own, and take ours by their paths.
        let apart = ["code/bench/Cargo.toml", "fuzz/Cargo.toml"].contains(&path.as_str());
        if value != ".workspace" && !apart {
            findings.push(format!(
                "{path}:{line}: write `{name}.workspace = true` and keep the version in the root Cargo.toml, so that \
                 the project has one of each."
            ));
        }
    }
    findings
}

/// The entries of `[dependencies]`: line, name, what follows the name. Dev-dependencies are free.
fn dependencies(manifest: &str) -> Vec<(usize, &str, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (i, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line == "[build-dependencies]";
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let (key, _) = line.split_once('=').unwrap_or((line, ""));
            let key = key.trim();
            let dot = key.find('.').unwrap_or(key.len());
            found.push((i + 1, &key[..dot], &key[dot..]));
        }
    }
    found
}

#[test]
fn arrows_point_one_way() {
    let path = "core/ledger/Cargo.toml";
    let good = "[dependencies]\nyitong-values.workspace = true\n[dev-dependencies]\ntokio.workspace = true\n";
    crate::check(check, path, "[dependencies]\nyitong-rules.workspace = true\n", good);
    crate::check(check, path, "[dependencies]\ntokio.workspace = true\n", good);
    crate::check(check, path, "[dependencies]\nsha2 = \"0.11\"\n", good);
    crate::check(check, "server/Cargo.toml", "[dependencies]\nyitong-sim.workspace = true\n", good);
    assert!(!check(&[crate::file("new/Cargo.toml", good)]).is_empty());
}
