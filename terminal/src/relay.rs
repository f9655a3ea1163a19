//! The canteen's own network: datagrams to a multicast group or to all, and from them. What comes is anybody's; the
//! agent says who is heard. A network that is not there, or goes, is tried again, and nobody waits for it.

use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use yitong_sync::relay::DATAGRAM_BYTES_MAX;

/// Datagrams that came and were not looked at yet; while there are more, they are dropped. What was in them is asked
/// for again.
const WAITING_MAX: usize = 256;
/// What this terminal sends comes back to it, so a longer silence is a network that went away.
const SILENCE: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_secs(5);

/// Where neighbours are spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// A multicast group, or 255.255.255.255.
    pub to: SocketAddrV4,
    /// The address of the interface, where there are more than one.
    pub interface: Ipv4Addr,
}

#[derive(Debug, thiserror::Error)]
#[error("neighbours are spoken to at a multicast group (239.…) or at 255.255.255.255, with a port")]
pub struct NoMeeting;

impl Meeting {
    pub fn new(to: SocketAddrV4, interface: Option<Ipv4Addr>) -> Result<Meeting, NoMeeting> {
        let many = to.ip().is_multicast() || to.ip().is_broadcast();
        let meeting = Meeting { to, interface: interface.unwrap_or(Ipv4Addr::UNSPECIFIED) };
        if many && to.port() != 0 { Ok(meeting) } else { Err(NoMeeting) }
    }
}

/// A datagram's place among those that wait; given back when it was looked at.
pub struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn take(all: &Arc<AtomicUsize>) -> Option<Waiting> {
        let before = all.fetch_add(1, Ordering::Relaxed);
        let place = Waiting(all.clone());
        (before < WAITING_MAX).then_some(place)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The sending half. A thread of its own listens.
#[derive(Debug)]
pub struct Wire {
    to: SocketAddrV4,
    socket: Arc<Mutex<Option<UdpSocket>>>,
}

impl Wire {
    pub fn start(meeting: Meeting, hear: impl Fn(Vec<u8>, Waiting) + Send + 'static) -> Wire {
        let socket = Arc::new(Mutex::new(None));
        let ours = socket.clone();
        std::thread::spawn(move || listen(meeting, &ours, hear));
        Wire { to: meeting.to, socket }
    }

    /// Lost, when there is no network: nobody is to wait for a neighbour.
    pub fn tell(&self, datagram: &[u8]) {
        if let Some(socket) = self.socket.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            let _ = socket.send_to(datagram, self.to);
        }
    }
}

fn listen(meeting: Meeting, shared: &Mutex<Option<UdpSocket>>, hear: impl Fn(Vec<u8>, Waiting)) {
    let waiting = Arc::new(AtomicUsize::new(0));
    let mut told = false;
    loop {
        match open(meeting).and_then(|socket| Ok((socket.try_clone()?, socket))) {
            Ok((sends, hears)) => {
                *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(sends);
                told = false;
                while let Some(datagram) = next(&hears) {
                    if let Some(place) = Waiting::take(&waiting) {
                        hear(datagram, place);
                    }
                }
                *shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            Err(why) => {
                // Once for each time that it goes.
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(error = %why, "the neighbours' network is not there; tried again");
                }
                std::thread::sleep(AGAIN);
            }
        }
    }
}

/// None: it is silent for too long, or broken.
fn next(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut buffer = [0; DATAGRAM_BYTES_MAX + 1];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) if length <= DATAGRAM_BYTES_MAX => return Some(buffer[..length].to_vec()),
            Ok(_) => {}
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn open(meeting: Meeting) -> io::Result<UdpSocket> {
    let Meeting { to, interface } = meeting;
    let fd = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // Two terminals may stand in one machine, and a restart does not wait for the one before.
    sockopt::set_socket_reuseaddr(&fd, true)?;
    let multicast = to.ip().is_multicast();
    // Bound to the group, nothing that is sent to this machine alone comes in.
    bind(&fd, &SocketAddrV4::new(if multicast { *to.ip() } else { Ipv4Addr::UNSPECIFIED }, to.port()))?;
    let socket = UdpSocket::from(fd);
    if multicast {
        sockopt::set_ip_multicast_if(&socket, &interface)?;
        socket.join_multicast_v4(to.ip(), &interface)?;
        socket.set_multicast_loop_v4(true)?;
        // It stays on this network.
        socket.set_multicast_ttl_v4(1)?;
    } else {
        socket.set_broadcast(true)?;
    }
    socket.set_read_timeout(Some(SILENCE))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn only_where_many_hear() {
        let at = |text: &str| Meeting::new(text.parse().expect("an address"), None).is_ok();
        assert!(at("239.77.0.1:8655") && at("255.255.255.255:8655"));
        assert!(!at("192.168.1.5:8655") && !at("239.77.0.1:0"));
    }

    #[test]
    fn two_on_one_machine_hear_each_other() {
        let meeting = Meeting::new("239.77.0.9:38655".parse().expect("an address"), Some(Ipv4Addr::LOCALHOST));
        let meeting = meeting.expect("a group");
        let (to, from) = channel();
        let hears = move |datagram: Vec<u8>, _: Waiting| to.send(datagram).expect("somebody waits");
        let _one = Wire::start(meeting, hears);
        let two = Wire::start(meeting, |_, _| {});
        let heard = (0..100).find_map(|_| {
            two.tell(b"hello");
            from.recv_timeout(Duration::from_millis(50)).ok()
        });
        assert_eq!(heard.as_deref(), Some(&b"hello"[..]));
    }

    #[test]
    fn what_waits_has_a_limit() {
        let all = Arc::new(AtomicUsize::new(0));
        let places: Vec<_> = (0..WAITING_MAX + 10).filter_map(|_| Waiting::take(&all)).collect();
        assert_eq!(places.len(), WAITING_MAX);
        drop(places);
        assert!(Waiting::take(&all).is_some());
    }
}
