//! Sizes and places of the structs, as a C header of checks: `layout.c` compares them with what a C and a C++ compiler
//! say.

use core::mem::offset_of;
use std::fmt::Write as _;
use yitong_code_c::*;

macro_rules! rows {
    ($out:ident; $($of:ident as $c:literal { $($field:ident),* })*) => {$(
        writeln!($out, "SIZE({}, {})", $c, size_of::<$of>()).expect("a String takes every text");
        $(writeln!($out, "PLACE({}, {}, {})", $c, stringify!($field), offset_of!($of, $field)).expect("as above");)*
    )*};
}

#[test]
fn layout_is_written_for_the_c_compilers() {
    let mut out = String::new();
    rows! { out;
        Root as "yitong_root" { kid, suite, key }
        Verified as "yitong_verified" {
            ends_ms, use_fen, total_fen, uses, seconds, kind, protection, allowance, holder_class, pairwise
        }
        Head as "yitong_head" { issued_ms, version, required }
    }
    assert_eq!(size_of::<Verified>(), 56, "no gaps: what is between fields is not written");
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/layout.inc"), out).expect("the folder of the target");
}
