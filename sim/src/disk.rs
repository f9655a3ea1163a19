//! The disk of a till, which outlives the agent on it: what was synced is there after a power cut.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use yitong_journal::{Fault, Files, Pretend};

#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Pretend>>);

impl Disk {
    fn held(&self) -> MutexGuard<'_, Pretend> {
        self.0.lock().expect("nobody panics with the disk")
    }

    /// So many bytes of what was not synced are there afterwards.
    pub fn power_cut(&self, kept: usize) {
        let mut held = self.held();
        *held = std::mem::take(&mut *held).power_cut(kept);
    }

    pub fn fail_next(&self, fault: Fault) {
        self.held().fault = Some(fault);
    }

    /// Whether the fault that was set has happened.
    pub fn has_failed(&self) -> bool {
        self.held().fault.is_none()
    }

    pub fn set_free(&self, bytes: u64) {
        self.held().free = bytes;
    }
}

impl Files for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.held().list()
    }

    fn read(&self, name: &str, from: u64) -> io::Result<Vec<u8>> {
        self.held().read(name, from)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        self.held().create(name)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.held().append(name, bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.held().sync(name)
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        self.held().truncate(name, length)
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.held().replace(name, bytes)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.held().remove(name)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.held().free_bytes()
    }
}
