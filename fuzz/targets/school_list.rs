//! A school's own file, from bytes to the plan that would be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yitong::people::import::plan::{Roster, plan};
use yitong::people::import::read::read;
use yitong::people::import::{columns, sheet};

fuzz_target!(|bytes: &[u8]| {
    let Ok(sheets) = read(bytes) else { return };
    let mapping = columns::propose(&sheets);
    let roster = Roster::new("student", Vec::new());
    for sheet in &sheets {
        assert!(sheet.rows.len() <= sheet::ROWS_MAX);
        for row in plan(sheet, &mapping, &roster, &|_, value| value.as_bytes().to_vec()) {
            let refused = format!("{:?}", row.verdict) == "Refuse";
            assert!(!refused || !row.reasons.is_empty(), "a refusal without a reason");
        }
    }
});
