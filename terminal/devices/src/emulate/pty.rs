//! A pseudo terminal whose far end looks like a serial port.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pulled out when it is dropped, as a real cable.
pub struct Pty {
    near: OwnedFd,
    /// Keeps the far end from hanging up while nobody has opened it.
    _far: OwnedFd,
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Pty {
    pub fn open() -> io::Result<Self> {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&near)?;
        unlockpt(&near)?;
        let name = ptsname(&near, Vec::new())?;
        let path = PathBuf::from(name.to_string_lossy().into_owned());
        let far = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        // Raw from the start: what is written before somebody listens must not come back as an echo.
        let mut settings = tcgetattr(&far)?;
        settings.make_raw();
        tcsetattr(&far, OptionalActions::Now, &settings)?;
        rustix::io::ioctl_fionbio(&near, true)?;
        Ok(Pty { near, _far: far, path, link: None })
    }

    /// Under a name that stays, as `/dev/serial/by-id` does for real ones.
    pub fn linked(mut self, link: &Path) -> io::Result<Self> {
        if link.is_symlink() {
            std::fs::remove_file(link)?;
        }
        std::os::unix::fs::symlink(&self.path, link)?;
        self.link = Some(link.to_owned());
        Ok(self)
    }

    pub fn path(&self) -> &Path {
        self.link.as_deref().unwrap_or(&self.path)
    }

    /// What the host has sent within the time; nothing when it sent nothing.
    pub fn read(&self, time: Duration) -> io::Result<Vec<u8>> {
        let mut fds = [PollFd::new(&self.near, PollFlags::IN)];
        let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
        match poll(&mut fds, Some(&time)) {
            Ok(0) | Err(Errno::INTR) => return Ok(Vec::new()),
            other => other?,
        };
        let mut bytes = vec![0; 1024];
        match rustix::io::read(&self.near, &mut bytes) {
            Ok(read) => {
                bytes.truncate(read);
                Ok(bytes)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits a while for a host that does not read, then drops what it does not take, as a serial line does.
    pub fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.near, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::AGAIN) => {
                    let mut fds = [PollFd::new(&self.near, PollFlags::OUT)];
                    if poll(&mut fds, Some(&Timespec { tv_sec: 1, tv_nsec: 0 }))? == 0 {
                        return Ok(());
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            let _ = std::fs::remove_file(link);
        }
    }
}
