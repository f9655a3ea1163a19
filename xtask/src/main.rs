//! `cargo xtask …`: everything that is done to this repository, as one small program without dependencies.

mod checks;
mod fuzz;
mod languages;
mod oracles;
mod pages;
mod postgres;
mod tools;

use std::process::ExitCode;
use tools::{Outcome, run_with};

const HELP: &str = "\
cargo xtask demo [-- ARGS]    build the pages, start the server with a demo school
cargo xtask test [--quick]    every test; gets what the tests need first (--quick: no PostgreSQL, no browser)
cargo xtask ci                format, lints, the rules about the code, then test
cargo xtask languages         the C library and its users: every vector in C, Java and Python
cargo xtask oracles           other people's code reads what the channels write
cargo xtask web               build the pages into web/dist, when a source has changed
cargo xtask gen               write api/openapi.json and the types of the pages from it
cargo xtask bench [-- ARGS]   measure both engines, and print a table
cargo xtask bench-payments [-- ARGS]  measure call-backs of channels: verified, booked once
cargo xtask bench-terminal [-- ARGS]  measure an agent of a counter beside a server: scan to decision, pull, memory
cargo xtask bench-codes [-- ARGS]  measure codes beside others': time, size, how well they are read
cargo xtask sim [days|tell] [ARGS]  school days from seeds, recounted by an auditor (--seeds 1000, --from 1; tell SEED)
cargo xtask fuzz TARGET [ARGS] fuzz a reader of what others wrote (ARGS are libFuzzer's: -max_total_time=60)
cargo xtask pg -- COMMAND …   run a command beside a PostgreSQL of its own (its address: YITONG_TEST_POSTGRES)";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let mut rest: Vec<String> = args.collect();
    if rest.first().is_some_and(|arg| arg == "--") {
        rest.remove(0);
    }
    let outcome = match command.as_str() {
        "demo" => demo(&rest),
        "test" => test(&rest),
        "ci" => checks::ci(),
        "languages" => languages::alone(),
        "oracles" => oracles::run_all(),
        "web" => pages::build(),
        "gen" => pages::generate(),
        "bench" => bench(&rest),
        "bench-payments" => server("bench-payments", &rest, &[]),
        "bench-terminal" => bench_terminal(&rest),
        "bench-codes" => bench_codes(&rest),
        "sim" => sim(&rest),
        "fuzz" => fuzz::run(&rest),
        "pg" => beside_postgres(&rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
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
    server("demo", rest, &[])
}

fn test(rest: &[String]) -> Outcome {
    match rest {
        [] => checks::test(checks::Depth::Whole),
        [quick] if quick == "--quick" => checks::test(checks::Depth::Quick),
        _ => Err(format!("test takes --quick or nothing, not {rest:?}")),
    }
}

/// The server measures; this only brings a PostgreSQL for the second engine when the machine has one.
fn bench(rest: &[String]) -> Outcome {
    match postgres::Private::start() {
        Ok(engine) => server("bench", rest, &[(postgres::ADDRESS, engine.socket())]),
        Err(why) => {
            eprintln!("bench: only the embedded database is measured ({why})");
            server("bench", rest, &[])
        }
    }
}

/// The agent as it is installed, pages and all; the server drives it.
fn bench_terminal(rest: &[String]) -> Outcome {
    pages::build()?;
    run_with("cargo", &["build", "--release", "--quiet", "--package", "yitong-terminal"], &[])?;
    server("bench-terminal", rest, &[])
}

/// In a folder of its own: it brings decoders that the workspace's build must not wait for.
fn bench_codes(rest: &[String]) -> Outcome {
    let mut args = vec!["run", "--release", "--quiet", "--locked", "--manifest-path", "code/bench/Cargo.toml", "--"];
    args.extend(rest.iter().map(String::as_str));
    run_with("cargo", &args, &[("CARGO_TARGET_DIR", "target/bench-codes")])
}

/// `cargo xtask sim --seeds 1000` is `yitong-sim days --seeds 1000`.
fn sim(rest: &[String]) -> Outcome {
    let mut args = vec!["run", "--release", "--quiet", "--package", "yitong-sim", "--"];
    if rest.first().is_none_or(|first| first.starts_with('-')) {
        args.push("days");
    }
    args.extend(rest.iter().map(String::as_str));
    run_with("cargo", &args, &[])
}

fn server(command: &str, rest: &[String], environment: &[(&str, &str)]) -> Outcome {
    let mut args = vec!["run", "--release", "--quiet", "--package", "yitong", "--", command];
    args.extend(rest.iter().map(String::as_str));
    run_with("cargo", &args, environment)
}

fn beside_postgres(command: &[String]) -> Outcome {
    let [program, args @ ..] = command else {
        return Err("say which command: cargo xtask pg -- COMMAND …".into());
    };
    let engine = postgres::Private::start()?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run_with(program, &args, &[(postgres::ADDRESS, engine.address())])
}
