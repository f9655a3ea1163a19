//! Drivers and emulators talk over real kernel objects: pseudo terminals, pipes, sockets. One family of devices a file.

mod bench;
mod cards;
mod hands;
mod lights;
mod printers;
mod real;
mod scales;
mod scanners;
