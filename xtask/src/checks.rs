//! The tests in the order in which they fail fastest, each step with its time.

use crate::languages;
use crate::oracles;
use crate::pages;
use crate::postgres;
use crate::tools::{self, Outcome, run, step};

/// How much of `test` is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What needs only Rust and Node.
    Quick,
    /// Also the other languages, the second engine and a real browser.
    Whole,
}

pub fn test(depth: Depth) -> Outcome {
    step("tools", || if depth == Depth::Whole { tools::install() } else { tools::need_node() })?;
    step("pages", pages::build)?;
    step("rust tests", || run("cargo", &["test", "--workspace"]))?;
    if depth == Depth::Whole {
        step("languages", languages::run_all)?;
        step("oracles", oracles::run_all)?;
        step("server tests on PostgreSQL", on_postgres)?;
    }
    step("api drift", pages::drift)?;
    step("page types and tests", pages::test)?;
    step("codes in TypeScript", pages::code)?;
    if depth == Depth::Whole {
        step("browser tests", pages::browser)?;
    }
    Ok(())
}

/// The same tests of the server, on the other engine.
fn on_postgres() -> Outcome {
    let engine = postgres::Private::start()?;
    let before = engine.connections();
    tools::tests_of("yitong", "server", &[(postgres::ADDRESS, engine.address())])?;
    if engine.connections() > before {
        return Ok(());
    }
    Err(format!(
        "the tests passed, but none used PostgreSQL: the test kit must open the database at {}",
        postgres::ADDRESS
    ))
}

pub fn ci() -> Outcome {
    step("format", || run("cargo", &["fmt", "--all", "--check"]))?;
    step("rules about the code", || run("cargo", &["test", "--package", "xtask"]))?;
    step("lints", || run("cargo", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]))?;
    test(Depth::Whole)
}
