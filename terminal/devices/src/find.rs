//! What is plugged in: read from `/sys`, without udev, so that it works in any container and any rescue system.

use crate::config::{Config, usb_id};
use crate::face::Kind;
use std::fs;
use std::path::{Path, PathBuf};

/// Something that could be a device of a counter, for the list that an installer chooses from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// As it is written in the settings.
    pub at: String,
    /// What it seems to be; many cables and boards could be several things.
    pub kind: Option<Kind>,
    pub name: String,
    pub usb: Option<(u16, u16)>,
}

impl Found {
    /// How to name it so that it is found in whatever port it is put next time.
    pub fn lasting(&self) -> String {
        self.usb.map_or_else(|| self.at.clone(), |(vendor, product)| format!("usb:{vendor:04x}:{product:04x}"))
    }
}

/// Makers of scanners, by the vendor that their devices tell over USB.
const SCANNER_MAKERS: &[u16] = &[0x05e0, 0x05f9, 0x080c, 0x0c2e, 0x0536, 0x1eab];
/// Words in the names of devices that read codes.
const SCANNER_WORDS: &[&str] = &["scan", "barcode", "bar code", "qr", "2d reader"];
const KEYPAD_WORDS: &[&str] = &["keypad", "numpad", "numeric"];
const LAMP_WORDS: &[&str] = &["red", "green", "blue", "yellow", "amber"];

/// `sys` is `/sys`, or a folder of a test.
pub fn scan(sys: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(children(&sys.join("class/tty")).iter().filter_map(|folder| serial(folder)));
    found.extend(children(&sys.join("class/input")).iter().filter_map(|folder| keys(folder)));
    found.extend(children(&sys.join("class/usbmisc")).iter().filter_map(|folder| printer(folder)));
    found.extend(lamps(sys));
    found
}

/// What a counter without settings would use, and what is new beside its settings: all whose kind is certain, one for
/// each plug. A scanner that shows as a port and as a keyboard is taken by its port.
pub fn suggest(found: &[Found], have: &[Config]) -> Vec<Config> {
    // A plug is taken by any of the places that it shows.
    let same_plug =
        |of: &Found, at: &str| of.at == at || found.iter().any(|other| other.at == at && other.usb == of.usb);
    let taken = |of: &Found| {
        let by = |config: &Config| config.at == of.lasting() || (of.usb.is_some() && same_plug(of, &config.at));
        have.iter().any(|config| config.at == of.at || by(config))
    };
    let mut suggested: Vec<Config> = Vec::new();
    for of in found {
        let lasting = of.lasting();
        let again = suggested.iter().any(|config| config.at == lasting);
        // Which lamp means what, only the maker knows.
        let Some(kind) = of.kind.filter(|kind| *kind != Kind::Light) else { continue };
        if !again && !taken(of) {
            suggested.push(Config { name: of.name.clone(), ..Config::new(kind, &lasting) });
        }
    }
    suggested
}

/// The place of a device now: `usb:…` is looked up, everything else is a place already.
pub fn resolve(config: &Config, sys: &Path) -> Option<String> {
    let Some(usb) = config.at.strip_prefix("usb:") else { return Some(config.at.clone()) };
    let id = usb_id(usb)?;
    let mut all: Vec<Found> = scan(sys).into_iter().filter(|found| found.usb == Some(id)).collect();
    // One device often shows as several: a scanner as a serial port and as a keyboard, of which the port is the better
    // one; a keyboard with media keys as two, of which the first types.
    let wanted = |found: &Found| match config.kind {
        Kind::Keypad => found.at.starts_with("input:"),
        Kind::Printer => !found.at.starts_with("input:"),
        _ => true,
    };
    all.retain(wanted);
    all.sort_by_key(|found| found.at.starts_with("input:"));
    Some(all.into_iter().next()?.at)
}

fn serial(folder: &Path) -> Option<Found> {
    // Consoles and pseudo terminals have no device behind them; a UART that is not there has type 0.
    if !folder.join("device").exists() || text(folder, "type").is_some_and(|kind| kind == "0") {
        return None;
    }
    let tty = name(folder);
    let usb = usb(folder);
    let label = usb.as_ref().map(|usb| usb.name.clone()).filter(|name| !name.is_empty());
    let id = usb.map(|usb| usb.id);
    let label = label.unwrap_or_else(|| format!("串口 {tty}"));
    Some(Found { at: format!("/dev/{tty}"), kind: scanner(&label, id), name: label, usb: id })
}

fn keys(folder: &Path) -> Option<Found> {
    let event = name(folder).strip_prefix("event").map(|_| name(folder))?;
    let device = folder.join("device");
    let keys = Keys::read(&text(&device, "capabilities/key")?);
    let label = text(&device, "name").unwrap_or_else(|| event.clone());
    let id = usb(folder).map(|usb| usb.id).or_else(|| Some((hex(&device, "id/vendor")?, hex(&device, "id/product")?)));
    let id = id.filter(|id| *id != (0, 0));
    let kind = match (keys.has_digits(), keys.has_letters(), keys.has_pad()) {
        (false, _, false) => return None,
        (_, false, true) => Some(Kind::Keypad),
        // Cheap pads say that they have every key of a keyboard.
        _ if KEYPAD_WORDS.iter().any(|word| label.to_lowercase().contains(word)) => Some(Kind::Keypad),
        _ => scanner(&label, id),
    };
    Some(Found { at: format!("input:{event}"), kind, name: label, usb: id })
}

fn printer(folder: &Path) -> Option<Found> {
    let lp = name(folder).strip_prefix("lp").map(|_| name(folder))?;
    let usb = usb(folder);
    let label = usb.as_ref().map(|usb| usb.name.clone()).filter(|name| !name.is_empty());
    let label = label.unwrap_or_else(|| format!("USB 打印机 {lp}"));
    Some(Found { at: format!("/dev/usb/{lp}"), kind: Some(Kind::Printer), name: label, usb: usb.map(|usb| usb.id) })
}

/// Built-in lamps whose names say a colour; the lights of a network card are not for customers.
fn lamps(sys: &Path) -> Option<Found> {
    let lamps: Vec<String> = children(&sys.join("class/leds")).iter().map(|folder| name(folder)).collect();
    let colored = |lamp: &&String| LAMP_WORDS.iter().any(|word| lamp.to_lowercase().contains(word));
    let ours: Vec<&str> = lamps.iter().filter(colored).map(String::as_str).collect();
    (!ours.is_empty()).then(|| Found { at: "leds".into(), kind: Some(Kind::Light), name: ours.join(", "), usb: None })
}

fn scanner(label: &str, id: Option<(u16, u16)>) -> Option<Kind> {
    let label = label.to_lowercase();
    let says_so = SCANNER_WORDS.iter().any(|word| label.contains(word));
    let made_so = id.is_some_and(|(vendor, _)| SCANNER_MAKERS.contains(&vendor));
    (says_so || made_so).then_some(Kind::Scanner)
}

/// The keys that a device has, as the kernel writes them: words of 64 bits, the highest first.
struct Keys(Vec<u64>);

impl Keys {
    fn read(text: &str) -> Self {
        Keys(text.split_whitespace().rev().map(|word| u64::from_str_radix(word, 16).unwrap_or(0)).collect())
    }

    fn has(&self, code: usize) -> bool {
        self.0.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }

    fn has_digits(&self) -> bool {
        (2..=11).all(|code| self.has(code))
    }

    fn has_letters(&self) -> bool {
        [16, 30, 44].into_iter().all(|code| self.has(code))
    }

    fn has_pad(&self) -> bool {
        [71, 72, 73, 75, 76, 77, 79, 80, 81, 82].into_iter().all(|code| self.has(code))
    }
}

struct Usb {
    id: (u16, u16),
    name: String,
}

/// The USB device above a folder; its own folder is the one that tells a vendor.
fn usb(folder: &Path) -> Option<Usb> {
    let mut at = fs::canonicalize(folder.join("device")).ok()?;
    loop {
        if let (Some(vendor), Some(product)) = (hex(&at, "idVendor"), hex(&at, "idProduct")) {
            let words = [text(&at, "manufacturer"), text(&at, "product")];
            let name = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
            return Some(Usb { id: (vendor, product), name });
        }
        at = at.parent().filter(|parent| parent.parent().is_some())?.to_owned();
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    // ttyUSB10 comes after ttyUSB9.
    paths.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    paths
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(folder: &Path, file: &str) -> Option<String> {
    Some(fs::read_to_string(folder.join(file)).ok()?.trim().to_owned())
}

fn hex(folder: &Path, file: &str) -> Option<u16> {
    u16::from_str_radix(&text(folder, file)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const PC_KEYS: &str = "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe";
    /// Digits, pad, Enter; no letters.
    const PAD_KEYS: &str = "10007ff80 10000ffc";

    struct Sys(tempfile::TempDir);

    impl Sys {
        fn file(&self, path: &str, content: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().expect("inside of the folder")).expect("writable");
            fs::write(path, content).expect("writable");
        }

        /// A USB device with one interface, and what the kernel made of it.
        fn usb(&self, port: &str, id: &str, product: &str, class: &str) {
            let (vendor, product_id) = id.split_once(':').expect("two parts");
            self.file(&format!("devices/{port}/idVendor"), vendor);
            self.file(&format!("devices/{port}/idProduct"), product_id);
            self.file(&format!("devices/{port}/product"), product);
            let node = self.0.path().join("class").join(class);
            fs::create_dir_all(&node).expect("writable");
            let interface = self.0.path().join(format!("devices/{port}/{port}:1.0"));
            fs::create_dir_all(&interface).expect("writable");
            symlink(interface, node.join("device")).expect("writable");
        }
    }

    fn a_counter() -> Sys {
        let sys = Sys(tempfile::tempdir().expect("a folder for the test"));
        sys.usb("1-1", "1eab:1a06", "NLS-FM430\n", "tty/ttyACM0");
        sys.usb("1-2", "1a86:7523", "USB Serial", "tty/ttyUSB0");
        sys.usb("1-3", "0416:5011", "POS58 Printer", "usbmisc/lp0");
        sys.usb("1-4", "0c45:7001", "USB Keypad", "input/event3");
        sys.file("devices/1-4/1-4:1.0/capabilities/key", PAD_KEYS);
        sys.file("devices/1-4/1-4:1.0/name", "SIGMACHIP USB Keypad");
        sys.usb("1-5", "1eab:1a06", "NLS-FM430", "input/event4");
        sys.file("devices/1-5/1-5:1.0/capabilities/key", PC_KEYS);
        sys.file("devices/1-5/1-5:1.0/name", "NLS Barcode");
        sys.file("class/tty/ttyS0/type", "0");
        sys.file("class/tty/ttyS0/device/x", "");
        sys.file("class/tty/tty1/active", "");
        sys.file("class/input/event0/device/name", "Power Button");
        sys.file("class/input/event0/device/capabilities/key", "10000000000000 0");
        sys.file("class/leds/board:red:status/brightness", "0");
        sys.file("class/leds/enp1s0::lan/brightness", "0");
        sys
    }

    #[test]
    fn the_devices_of_a_counter_are_recognised() {
        let sys = a_counter();
        let found: Vec<_> = scan(sys.0.path()).into_iter().map(|of| (of.at.clone(), of.kind, of.lasting())).collect();
        let expected = [
            ("/dev/ttyACM0", Some(Kind::Scanner), "usb:1eab:1a06"),
            ("/dev/ttyUSB0", None, "usb:1a86:7523"),
            ("input:event3", Some(Kind::Keypad), "usb:0c45:7001"),
            ("input:event4", Some(Kind::Scanner), "usb:1eab:1a06"),
            ("/dev/usb/lp0", Some(Kind::Printer), "usb:0416:5011"),
            ("leds", Some(Kind::Light), "leds"),
        ];
        assert_eq!(found, expected.map(|(at, kind, lasting)| (at.to_owned(), kind, lasting.to_owned())));
    }

    #[test]
    fn a_counter_without_settings_uses_what_is_certain() {
        let sys = a_counter();
        let found = scan(sys.0.path());
        let names = |configs: Vec<Config>| configs.into_iter().map(|of| (of.kind, of.at)).collect::<Vec<_>>();
        let expected = [
            (Kind::Scanner, "usb:1eab:1a06".to_owned()),
            (Kind::Keypad, "usb:0c45:7001".to_owned()),
            (Kind::Printer, "usb:0416:5011".to_owned()),
        ];
        assert_eq!(names(suggest(&found, &[])), expected);
        let have = [Config::new(Kind::Scanner, "/dev/ttyACM0"), Config::new(Kind::Printer, "usb:0416:5011")];
        // The scanner is still seen as a keyboard, but by the same plug.
        assert_eq!(names(suggest(&found, &have)), expected[1..2]);
    }

    #[test]
    fn a_device_is_found_again_in_another_port() {
        let sys = a_counter();
        let place = |kind, at: &str| resolve(&Config::new(kind, at), sys.0.path());
        assert_eq!(place(Kind::Scanner, "usb:1eab:1a06").as_deref(), Some("/dev/ttyACM0"));
        assert_eq!(place(Kind::Keypad, "usb:1eab:1a06").as_deref(), Some("input:event4"));
        assert_eq!(place(Kind::Keypad, "usb:0c45:7001").as_deref(), Some("input:event3"));
        assert_eq!(place(Kind::Scale, "usb:dead:beef"), None);
        assert_eq!(place(Kind::Scale, "/dev/ttyS1").as_deref(), Some("/dev/ttyS1"));
        fs::rename(sys.0.path().join("class/tty/ttyACM0"), sys.0.path().join("class/tty/ttyACM7")).expect("writable");
        assert_eq!(place(Kind::Scanner, "usb:1eab:1a06").as_deref(), Some("/dev/ttyACM7"));
    }
}
