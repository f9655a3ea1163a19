//! `cargo xtask …`: everything that is done to this repository, as one small program without dependencies.

mod pages;
mod tools;

use std::process::ExitCode;
use tools::{Outcome, run, step};

const HELP: &str = "cargo xtask demo [-- ARGS]   build the pages, start the server with a demo school
cargo xtask test             every test, with what it needs installed first
cargo xtask ci               format, lints, then test
cargo xtask web              build the pages into web/dist
cargo xtask gen              write api/openapi.json and the types of the pages from it
cargo xtask bench [-- ARGS]  measure, and print a table";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.skip_while(|arg| arg == "--").collect();
    let outcome = match command.as_str() {
        "demo" => demo(&rest),
        "test" => test(),
        "ci" => ci(),
        "web" => pages::build(),
        "gen" => pages::generate(),
        "bench" => server(&["bench"], &rest),
        _ => Err(format!("unknown command {command:?}\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn demo(rest: &[String]) -> Outcome {
    pages::build()?;
    server(&["demo"], rest)
}

fn server(command: &[&str], rest: &[String]) -> Outcome {
    let mut args = vec!["run", "--release", "--quiet", "--package", "yitong", "--"];
    args.extend(command);
    args.extend(rest.iter().map(String::as_str));
    run("cargo", &args)
}

fn test() -> Outcome {
    step("tools", tools::install)?;
    step("pages", pages::build)?;
    step("rust tests", || run("cargo", &["test", "--workspace", "--quiet"]))?;
    step("drift", pages::drift)?;
    step("page tests", pages::test)?;
    step("browser tests", pages::browser)
}

fn ci() -> Outcome {
    step("format", || run("cargo", &["fmt", "--all", "--check"]))?;
    step("lints", || run("cargo", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]))?;
    test()
}
