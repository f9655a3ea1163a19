//! The OpenAPI document of the screens' side, generated: `yitong-terminal document`, kept as `api/terminal.json`.

use super::Named;
use crate::checkout::View;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Yitong terminal", description = "What the screens of a counter speak with its agent, on loopback."),
    paths(super::acts, super::photo, super::stream::view),
    components(schemas(View, Named))
)]
struct Document;

pub fn document() -> String {
    Document::openapi().to_pretty_json().expect("the document is JSON") + "\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_document_is_the_one_that_the_code_makes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/terminal.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == super::document(),
            "api/terminal.json is stale: `cargo run -p yitong-terminal -- document > api/terminal.json`"
        );
    }
}
