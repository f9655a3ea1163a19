//! `yitong-devices`: shows what is plugged in, listens to one device, and plays pretend ones for tests and
//! demonstrations.

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use yitong_devices::emulate::{Board, Device, Keys, Pty, Roll, Scale, Scanner, serve_cards, serve_printer, serve_pty};
use yitong_devices::{Color, Command, Config, Devices, Event, Kind, find, health, relay, scale};

const HELP: &str = "\
yitong-devices list                     what is plugged in
yitong-devices health                   battery, temperature, disk, networks
yitong-devices hear KIND AT             prints what a device says (kinds: scanner, keypad, nfc, scale, printer)
yitong-devices try KIND AT              prints a page, opens the drawer, shows each colour (relays 1 to 4), beeps (relay 4)
yitong-devices emulate KIND [--at PATH] plays a device; what is typed happens to it
  scanner     a serial scanner: each line is a code
  scale       `250` lies on it, `250 ?` sways, `250 t` without the dish; --protocol asked|block
  printer     prints to this terminal; `paper out`, `cover open`, `well`; --at tcp:PORT for the network
  light       a board of relays; --protocol modbus
  keypad      keys in a pipe (at = \"keys:PATH\"): a line is typed; back, clear, enter
  nfc         a pretend pcscd (at = \"unix:PATH\"): a line is a card's number in hex, an empty one takes it away
--at: the link, pipe or socket to make; without it a serial device says which terminal it got";

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["list"] => list(),
        ["health"] => show_health(),
        ["hear", kind, at] => hear(kind, at),
        ["try", kind, at] => try_out(kind, at),
        ["emulate", kind, ref rest @ ..] => emulate(kind, rest),
        _ => Err(HELP.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> Outcome {
    for found in find::scan(Path::new("/sys")) {
        let kind = found.kind.map_or("?", |kind| kind.words().en);
        println!("{:<14} {kind:<12} {:<16} {}", found.at, found.lasting(), found.name);
    }
    Ok(())
}

fn show_health() -> Outcome {
    println!("{:#?}", health::read(Path::new("/sys")));
    println!("{:?}", health::disk(Path::new("/"))?);
    Ok(())
}

fn hear(kind: &str, at: &str) -> Outcome {
    let config: Config = Config::new(kind_of(kind)?, at);
    config.check()?;
    // Shown on purpose: this is for whoever sets a device up, with a code of their own.
    let show = |_: usize, event: Event| match event {
        Event::Scan(text) => println!("scan {text}"),
        Event::Key(key) => println!("key {}", key.name()),
        Event::Uid(uid) => println!("uid {}", uid.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        other => println!("{other:?}"),
    };
    let _devices = Devices::start(vec![config], Arc::new(show))?;
    let mut line = String::new();
    while io::stdin().lock().read_line(&mut line)? > 0 {}
    Ok(())
}

/// Time for a person to look at each colour.
const LOOK: Duration = Duration::from_millis(700);

fn try_out(kind: &str, at: &str) -> Outcome {
    let kind = kind_of(kind)?;
    let mut config = Config::new(kind, at);
    match kind {
        Kind::Light => {
            let colors = [Color::Red, Color::Yellow, Color::Blue, Color::Green];
            config.lamps = colors.into_iter().zip(["1", "2", "3", "4"].map(String::from)).collect();
        }
        Kind::Buzzer => config.line = "4".into(),
        _ => {}
    }
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let sink = move |_: usize, event: Event| {
        println!("{event:?}");
        if let Ok(tell) = tell.lock() {
            // Nobody listens when the program is about to end.
            let _ = tell.send(event);
        }
    };
    let devices = Devices::start(vec![config], Arc::new(sink))?;
    while told.recv()? != Event::Plugged {}
    for command in Command::test(kind) {
        devices.order(command)?;
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn kind_of(name: &str) -> Result<Kind, String> {
    let kinds = [
        ("scanner", Kind::Scanner),
        ("keypad", Kind::Keypad),
        ("nfc", Kind::Nfc),
        ("printer", Kind::Printer),
        ("drawer", Kind::Drawer),
        ("scale", Kind::Scale),
        ("light", Kind::Light),
        ("buzzer", Kind::Buzzer),
    ];
    kinds
        .into_iter()
        .find(|(of, _)| *of == name)
        .map(|(_, kind)| kind)
        .ok_or_else(|| format!("no kind {name:?}\n{HELP}"))
}

fn emulate(kind: &str, rest: &[&str]) -> Outcome {
    let option = |name| rest.iter().position(|word| *word == name).and_then(|at| rest.get(at + 1)).copied();
    let (at, protocol) = (option("--at"), option("--protocol"));
    let told = lines();
    let stop = AtomicBool::new(false);
    let mut show = |line: String| println!("{line}");
    let mut device: Box<dyn Device> = match kind {
        "nfc" => {
            let path = at.ok_or("nfc: --at PATH of the socket to make")?;
            let _ = std::fs::remove_file(path);
            println!("at = \"unix:{path}\"");
            return Ok(serve_cards(&UnixListener::bind(path)?, &told, &stop)?);
        }
        "keypad" => return keys(at.ok_or("keypad: --at PATH of the pipe to make")?, &told),
        "printer" => match at.and_then(|at| at.strip_prefix("tcp:")) {
            Some(port) => {
                let listener = TcpListener::bind(("127.0.0.1", port.parse()?))?;
                println!("at = \"tcp:{}\"", listener.local_addr()?);
                return Ok(serve_printer(&listener, &mut Roll::new(32), &told, &stop, &mut show)?);
            }
            None => Box::new(Roll::new(32)),
        },
        "scanner" => Box::new(Scanner { end: "\r\n" }),
        "scale" => Box::new(Scale::new(match protocol {
            None | Some("continuous") => scale::Protocol::Continuous,
            Some("asked") => scale::Protocol::Asked,
            Some("block") => scale::Protocol::Block,
            Some(other) => return Err(format!("no protocol {other:?}").into()),
        })),
        "light" => Box::new(Board::new(
            match protocol {
                None | Some("lcus") => relay::Protocol::Lcus,
                Some("modbus") => relay::Protocol::Modbus,
                Some(other) => return Err(format!("no protocol {other:?}").into()),
            },
            1,
        )),
        _ => return Err(HELP.into()),
    };
    let mut pty = Pty::open()?;
    if let Some(link) = at {
        pty = pty.linked(&PathBuf::from(link))?;
    }
    println!("at = {:?}", pty.path());
    Ok(serve_pty(&pty, device.as_mut(), &told, &stop, &mut show)?)
}

/// What is typed, line by line. At the end of the input the device stays plugged in: it is ended by ending the program.
fn lines() -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

/// Opened for both, so that it neither waits for a reader nor ends with one.
fn keys(path: &str, told: &Receiver<String>) -> Outcome {
    let _ = std::fs::remove_file(path);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0)?;
    let mut pipe = File::options().read(true).write(true).open(path)?;
    println!("at = \"keys:{path}\"");
    while let Ok(line) = told.recv() {
        match Keys.told(&line) {
            Ok(bytes) => pipe.write_all(&bytes)?,
            Err(wrong) => println!("{wrong}"),
        }
    }
    loop {
        std::thread::park();
    }
}
