//! ARCHITECTURE.md is a map: every crate and every slice is on it. (That it names nothing that is gone: docs.rs.)

use crate::slices::slices;
use crate::tree::File;

const MAP: &str = "ARCHITECTURE.md";

pub fn check(files: &[File]) -> Vec<String> {
    let Some(map) = files.iter().find(|file| file.path == MAP) else {
        return vec![format!("{MAP} is missing: it is how a stranger finds the place.")];
    };
    let crates = files.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml").map(str::to_owned));
    let rooms = slices(files).into_iter().map(|slice| format!("server/src/{slice}"));
    crates
        .chain(rooms)
        .filter(|place| !map.text.contains(&format!("`{place}`")) && !map.text.contains(&format!("`{place}/`")))
        .map(|place| {
            format!("{MAP} does not name `{place}`: add one line that says what it is and what it never does.")
        })
        .collect()
}

#[test]
fn the_map_is_whole() {
    let with = |text: &str| check(&[crate::file(MAP, text), crate::file("core/ledger/Cargo.toml", "")]);
    assert_eq!(with("nothing").len(), 1);
    assert!(with("`core/ledger` moves money").is_empty());
    assert_eq!(check(&[]).len(), 1);
}
