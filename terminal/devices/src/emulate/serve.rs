//! Carries the bytes of pretend devices over pseudo terminals and sockets, until somebody pulls the plug.

use super::{Cards, Device, Pty, Roll};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

const TURN: Duration = Duration::from_millis(20);
/// A scale that talks by itself does so ten times a second.
const TURNS_BETWEEN_WORDS: u32 = 5;

/// Plays a device at a pseudo terminal: `told` brings lines of a person, `show` takes what a person would see.
pub fn serve_pty(
    pty: &Pty,
    device: &mut dyn Device,
    told: &Receiver<String>,
    stop: &AtomicBool,
    show: &mut dyn FnMut(String),
) -> io::Result<()> {
    let mut turn: u32 = 0;
    while !stop.load(Ordering::Acquire) {
        let bytes = pty.read(TURN)?;
        pty.write(&device.hear(&bytes))?;
        turn = turn.wrapping_add(1);
        if turn.is_multiple_of(TURNS_BETWEEN_WORDS) {
            pty.write(&device.by_itself())?;
        }
        if let Some(bytes) = one_line(device, told, show) {
            pty.write(&bytes)?;
        }
        device.seen().into_iter().for_each(&mut *show);
    }
    Ok(())
}

/// A printer at a TCP port, one host after another, as network printers do.
pub fn serve_printer(
    listener: &TcpListener,
    roll: &mut Roll,
    told: &Receiver<String>,
    stop: &AtomicBool,
    show: &mut dyn FnMut(String),
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    while !stop.load(Ordering::Acquire) {
        let mut host = match listener.accept() {
            Ok((host, _)) => host,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(TURN);
                one_line(roll, told, show);
                continue;
            }
            Err(error) => return Err(error),
        };
        host.set_nonblocking(false)?;
        host.set_read_timeout(Some(TURN))?;
        while !stop.load(Ordering::Acquire) {
            let Some(bytes) = some(&mut host)? else { break };
            host.write_all(&roll.hear(&bytes))?;
            one_line(roll, told, show);
            roll.seen().into_iter().for_each(&mut *show);
        }
    }
    Ok(())
}

/// A pretend pcscd: each line that is told is a card's number in hex, an empty one takes the card away.
pub fn serve_cards(listener: &UnixListener, told: &Receiver<String>, stop: &AtomicBool) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    while !stop.load(Ordering::Acquire) {
        let mut host = match listener.accept() {
            Ok((host, _)) => host,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(TURN);
                continue;
            }
            Err(error) => return Err(error),
        };
        host.set_nonblocking(false)?;
        host.set_read_timeout(Some(TURN))?;
        let mut cards = Cards::new();
        while !stop.load(Ordering::Acquire) {
            let Some(bytes) = some(&mut host)? else { break };
            host.write_all(&cards.hear(&bytes))?;
            if let Ok(line) = told.try_recv() {
                let uid = bytes_of(&line);
                let word = cards.lay(uid.as_deref().filter(|uid| !uid.is_empty()));
                host.write_all(&word)?;
            }
        }
    }
    Ok(())
}

/// `04a1b2c3` as bytes.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.trim();
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

/// What came by now; `None` when the host has gone.
fn some(host: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; 1024];
    match host.read(&mut bytes) {
        Ok(0) => Ok(None),
        Ok(read) => {
            bytes.truncate(read);
            Ok(Some(bytes))
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
            Ok(Some(Vec::new()))
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(None),
        Err(error) => Err(error),
    }
}

fn one_line(device: &mut dyn Device, told: &Receiver<String>, show: &mut dyn FnMut(String)) -> Option<Vec<u8>> {
    match told.try_recv() {
        Ok(line) => match device.told(&line) {
            Ok(bytes) => Some(bytes),
            Err(wrong) => {
                show(wrong);
                None
            }
        },
        Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
    }
}
