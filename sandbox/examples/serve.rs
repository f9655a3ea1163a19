//! A sandbox for the oracle scripts: prints one line of JSON (address, settings, identities), and ends with its input.

use std::io::Read;
use std::process::ExitCode;
use yitong_sandbox::Sandbox;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("serve FOLDER: where the sandbox keeps its keys");
        return ExitCode::FAILURE;
    };
    match run(std::path::Path::new(&folder)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the sandbox can't run: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let sandbox = Sandbox::open(folder, &address)?;
    println!("{}", serde_json::json!({"address": address, "settings": sandbox.settings().all()}));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = stop.send(());
    });
    sandbox.serve(listener, async { drop(stopped.await) }).await?;
    Ok(())
}
