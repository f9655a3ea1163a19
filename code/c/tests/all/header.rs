//! `include/yitong_code.h` is what the exported functions and types give.

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Written anew when `YITONG_WRITE_HEADER` is set; compared otherwise.
#[test]
fn the_header_says_what_the_library_exports() {
    let config = cbindgen::Config::from_file(format!("{FOLDER}/cbindgen.toml")).expect("cbindgen.toml");
    let sources = ["abi", "answers", "reader"].map(|file| format!("{FOLDER}/src/{file}.rs"));
    let builder = sources.iter().fold(cbindgen::Builder::new().with_config(config), |made, file| made.with_src(file));
    let mut made = Vec::new();
    builder.generate().expect("a header").write(&mut made);
    let made = String::from_utf8(made).expect("UTF-8");
    let path = format!("{FOLDER}/include/yitong_code.h");
    if std::env::var_os("YITONG_WRITE_HEADER").is_some() {
        std::fs::write(&path, &made).expect("the folder of the header");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{path} is not what the library exports; write it with YITONG_WRITE_HEADER=1");
}
