//! The line to a device: a serial port, a printer's own file, a socket or a pipe. Reading waits for bytes or for the
//! bell.

use crate::config::Frame;
use crate::words::Trouble;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

const CONNECT_MS: u64 = 2000;
/// A printer that is switched off behind a powered hub takes no bytes and says no word.
const WRITE_MS: u64 = 5000;
const PIECE_BYTES: usize = 1024;

/// Rings when there is an order for a device that waits for bytes.
pub struct Bell(OwnedFd);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    Ready,
    Bell,
    Time,
}

impl Bell {
    pub fn new() -> std::io::Result<Self> {
        Ok(Bell(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    pub fn ring(&self) {
        // It can only fail when it has been rung 2^64 times and nobody listened: then it rings already.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Sleeps until `line` has bytes, the bell rings, or the time is over.
    pub fn wait(&self, line: Option<BorrowedFd<'_>>, time: Option<Duration>) -> Result<Woken, Trouble> {
        let mut fds = vec![PollFd::new(&self.0, PollFlags::IN)];
        if let Some(line) = &line {
            fds.push(PollFd::new(line, PollFlags::IN));
        }
        wait(&mut fds, time)?;
        if !fds[0].revents().is_empty() {
            let _ = rustix::io::read(&self.0, &mut [0_u8; 8]);
            return Ok(Woken::Bell);
        }
        let ready = fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
        Ok(if ready { Woken::Ready } else { Woken::Time })
    }
}

fn wait(fds: &mut [PollFd<'_>], time: Option<Duration>) -> Result<usize, Trouble> {
    let timespec = time.map(|time| Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() });
    match poll(fds, timespec.as_ref()) {
        Err(Errno::INTR) => Ok(0),
        other => Ok(other?),
    }
}

/// An open line. Nothing blocks: writing gives up after a while, reading gives what is there.
pub struct Line {
    fd: OwnedFd,
    can_read: bool,
}

impl Line {
    /// `tcp:host:port`, `unix:/path`, or a file: a tty is set up, others (printers, pipes) are taken as they are.
    pub fn open(at: &str, frame: Frame) -> Result<Line, Trouble> {
        let (fd, can_read) = match at.split_once(':') {
            Some(("tcp", address)) => (tcp(address)?, true),
            Some(("unix", path)) => (UnixStream::connect(path)?.into(), true),
            _ => file(Path::new(at))?,
        };
        rustix::io::ioctl_fionbio(&fd, true)?;
        if termios::isatty(&fd) {
            set_up(&fd, frame)?;
        }
        Ok(Line { fd, can_read })
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub fn can_read(&self) -> bool {
        self.can_read
    }

    /// What has come by now. An end of the line is the device gone.
    pub fn read(&self) -> Result<Vec<u8>, Trouble> {
        read(self.fd())
    }

    pub fn write(&self, mut bytes: &[u8]) -> Result<(), Trouble> {
        let end = Instant::now() + Duration::from_millis(WRITE_MS);
        while !bytes.is_empty() {
            match rustix::io::write(&self.fd, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(Trouble::Silent);
                    }
                    wait(&mut [PollFd::new(&self.fd, PollFlags::OUT)], Some(left))?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }

    /// Exactly so many bytes, in time.
    pub fn read_exact(&self, count: usize, time: Duration) -> Result<Vec<u8>, Trouble> {
        let end = Instant::now() + time;
        let mut bytes = vec![0; count];
        let mut have = 0;
        while have < count {
            match rustix::io::read(&self.fd, &mut bytes[have..]) {
                Ok(0) => return Err(Trouble::Absent),
                Ok(more) => have += more,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(Trouble::Silent);
                    }
                    wait(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(left))?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(bytes)
    }

    /// Drops what came before a question, so that it is not taken for the answer.
    pub fn drop_waiting(&self) -> Result<(), Trouble> {
        while !self.read()?.is_empty() {}
        Ok(())
    }
}

pub fn read(fd: BorrowedFd<'_>) -> Result<Vec<u8>, Trouble> {
    let mut piece = vec![0; PIECE_BYTES];
    match rustix::io::read(fd, &mut piece) {
        Ok(0) => Err(Trouble::Absent),
        Ok(read) => {
            piece.truncate(read);
            Ok(piece)
        }
        Err(Errno::AGAIN | Errno::INTR) => Ok(Vec::new()),
        Err(other) => Err(other.into()),
    }
}

fn tcp(address: &str) -> Result<OwnedFd, Trouble> {
    let address = address.to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or(Trouble::Unfit)?;
    let stream = TcpStream::connect_timeout(&address, Duration::from_millis(CONNECT_MS))?;
    stream.set_nodelay(true)?;
    Ok(stream.into())
}

/// NOCTTY: a scanner must not become the terminal that ends the agent with Ctrl-C. A printer's file may be for writing
/// only.
fn file(path: &Path) -> Result<(OwnedFd, bool), Trouble> {
    let flags = OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = open(path, flags | OFlags::RDWR, Mode::empty());
    let (fd, can_read) = match opened {
        Err(Errno::ACCESS | Errno::INVAL) => (open(path, flags | OFlags::WRONLY, Mode::empty())?, false),
        other => (other?, true),
    };
    // A plain file is none of the devices; a mistyped setting must not fill the disk with receipts.
    match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
        FileType::CharacterDevice | FileType::Fifo => Ok((fd, can_read)),
        _ => Err(Trouble::Unfit),
    }
}

/// Raw, with the speed and frame that the device wants, and for us alone.
fn set_up(fd: &OwnedFd, frame: Frame) -> Result<(), Trouble> {
    let mut settings = termios::tcgetattr(fd)?;
    settings.make_raw();
    settings.set_speed(frame.baud).map_err(|_| Trouble::Unfit)?;
    let modes = &mut settings.control_modes;
    modes.remove(ControlModes::CSIZE | ControlModes::PARENB | ControlModes::PARODD | ControlModes::CSTOPB);
    modes.remove(ControlModes::CRTSCTS);
    modes.insert(ControlModes::CREAD | ControlModes::CLOCAL);
    modes.insert(if frame.bits == 7 { ControlModes::CS7 } else { ControlModes::CS8 });
    match frame.parity {
        'E' => modes.insert(ControlModes::PARENB),
        'O' => modes.insert(ControlModes::PARENB | ControlModes::PARODD),
        _ => {}
    }
    if frame.stops == 2 {
        modes.insert(ControlModes::CSTOPB);
    }
    termios::tcsetattr(fd, OptionalActions::Now, &settings)?;
    termios::ioctl_tiocexcl(fd)?;
    Ok(termios::tcflush(fd, termios::QueueSelector::IOFlush)?)
}
