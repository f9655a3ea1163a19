//! A disk in memory that fails like disks do: what was not synced is lost or half there after a power cut, it gets
//! full, and a sync may fail. For tests and for simulated school days.

use crate::Files;
use std::collections::BTreeMap;
use std::io;

/// What goes wrong, at which operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// So many bytes of what is appended arrive, then the power goes.
    TornAppend { bytes: usize },
    /// No space is left for this append: part of it may stand there.
    Full { bytes: usize },
    /// The disk says that the sync failed.
    SyncFails,
}

#[derive(Clone, Debug, Default)]
struct Held {
    synced: Vec<u8>,
    /// Appended since the last sync.
    loose: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Pretend {
    files: BTreeMap<String, Held>,
    pub free: u64,
    /// Set before the operation that is to fail.
    pub fault: Option<Fault>,
}

impl Default for Pretend {
    fn default() -> Pretend {
        Pretend { files: BTreeMap::new(), free: 1 << 40, fault: None }
    }
}

impl Pretend {
    /// The power goes: of what was not synced, `kept` bytes of each file are there afterwards.
    pub fn power_cut(mut self, kept: usize) -> Pretend {
        for held in self.files.values_mut() {
            let kept = kept.min(held.loose.len());
            held.synced.extend_from_slice(&held.loose[..kept]);
            held.loose.clear();
        }
        self.fault = None;
        self
    }

    /// Somebody edits the file.
    pub fn edit(&mut self, name: &str, with: impl FnOnce(&mut Vec<u8>)) {
        if let Some(held) = self.files.get_mut(name) {
            with(&mut held.synced);
        }
    }

    fn held(&mut self, name: &str) -> io::Result<&mut Held> {
        self.files.get_mut(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, name.to_owned()))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

impl Files for Pretend {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn read(&self, name: &str, from: u64) -> io::Result<Vec<u8>> {
        let held = self.files.get(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, name.to_owned()))?;
        let whole = [held.synced.as_slice(), held.loose.as_slice()].concat();
        Ok(whole.get(from as usize..).unwrap_or_default().to_vec())
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        self.files.insert(name.to_owned(), Held::default());
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let fault = self.fault.take_if(|fault| !matches!(fault, Fault::SyncFails));
        let held = self.held(name)?;
        match fault {
            Some(Fault::TornAppend { bytes: some }) => {
                held.synced.append(&mut held.loose);
                held.synced.extend_from_slice(&bytes[..some.min(bytes.len())]);
                Err(broken("the power is gone"))
            }
            Some(Fault::Full { bytes: some }) => {
                held.loose.extend_from_slice(&bytes[..some.min(bytes.len())]);
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            _ => {
                held.loose.extend_from_slice(bytes);
                self.free = self.free.saturating_sub(bytes.len() as u64);
                Ok(())
            }
        }
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        if self.fault.take_if(|fault| *fault == Fault::SyncFails).is_some() {
            return Err(broken("the disk did not take it"));
        }
        let held = self.held(name)?;
        let loose = std::mem::take(&mut held.loose);
        held.synced.extend(loose);
        Ok(())
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        let held = self.held(name)?;
        let loose = std::mem::take(&mut held.loose);
        held.synced.extend(loose);
        held.synced.truncate(length as usize);
        Ok(())
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.insert(name.to_owned(), Held { synced: bytes.to_vec(), loose: Vec::new() });
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.files.remove(name);
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(self.free)
    }
}
