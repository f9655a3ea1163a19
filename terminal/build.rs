//! The pages are built by `cargo xtask web`; this only makes sure that there is a folder to embed.

fn main() {
    let dist = std::path::Path::new("../web/dist/kiosk");
    // Without the folder nothing is embedded, and the agent says how to build the pages.
    if std::fs::create_dir_all(dist).is_err() {
        println!("cargo:warning=web/dist/kiosk can't be made; the pages will be missing");
    }
    println!("cargo:rerun-if-changed=../web/dist/.stamp");
}
