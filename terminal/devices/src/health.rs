//! How the machine of the counter is: battery, mains, temperature, room on the disk, networks. Read from `/sys`.

use std::fs;
use std::path::Path;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// `None` where there is no battery.
    pub battery: Option<Battery>,
    /// `None` where the machine does not say.
    pub on_mains: Option<bool>,
    /// The warmest place that is measured, in thousandths of a degree.
    pub temperature_mc: Option<i32>,
    pub networks: Vec<Network>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Battery {
    pub percent: u8,
    pub charging: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Network {
    pub name: String,
    pub kind: NetworkKind,
    pub up: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NetworkKind {
    Wired,
    Wifi,
    /// A modem: 4G or 5G.
    Mobile,
}

/// Room on a disk, in bytes. `free` is what a program that is not root may still write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disk {
    pub free: u64,
    pub total: u64,
}

/// `sys` is `/sys`, or a folder of a test. What is missing or odd is left out: a sensor must not stop a till.
pub fn read(sys: &Path) -> Health {
    let supplies = children(&sys.join("class/power_supply"));
    Health {
        battery: supplies.iter().find_map(|folder| battery(folder)),
        on_mains: mains(&supplies),
        temperature_mc: temperature(sys),
        networks: children(&sys.join("class/net")).iter().filter_map(|folder| network(folder)).collect(),
    }
}

pub fn disk(path: &Path) -> std::io::Result<Disk> {
    let stat = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Ok(Disk { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
}

fn battery(folder: &Path) -> Option<Battery> {
    // A wireless mouse has a battery, too; it is no supply of the machine.
    let peripheral = text(folder, "scope").is_some_and(|scope| scope == "Device");
    if text(folder, "type")? != "Battery" || peripheral || text(folder, "present").is_some_and(|present| present == "0")
    {
        return None;
    }
    let percent = text(folder, "capacity")?.parse::<u8>().ok().filter(|percent| *percent <= 100)?;
    let charging = text(folder, "status").is_some_and(|status| status == "Charging" || status == "Full");
    Some(Battery { percent, charging })
}

fn mains(supplies: &[std::path::PathBuf]) -> Option<bool> {
    let lines = supplies.iter().filter(|folder| text(folder, "type").is_some_and(|kind| kind != "Battery"));
    let online: Vec<bool> = lines.filter_map(|folder| text(folder, "online")).map(|online| online != "0").collect();
    (!online.is_empty()).then(|| online.contains(&true))
}

/// A sensor that says less than -40 or more than 150 degrees is broken or not there.
const PLAUSIBLE_MC: std::ops::RangeInclusive<i32> = -40_000..=150_000;

fn temperature(sys: &Path) -> Option<i32> {
    let zones = children(&sys.join("class/thermal"));
    let zones =
        zones.iter().filter(|folder| name(folder).starts_with("thermal_zone")).map(|folder| folder.join("temp"));
    let chips = children(&sys.join("class/hwmon")).into_iter().map(|folder| folder.join("temp1_input"));
    let read = |path: std::path::PathBuf| fs::read_to_string(path).ok()?.trim().parse::<i32>().ok();
    zones.chain(chips).filter_map(read).filter(|temperature| PLAUSIBLE_MC.contains(temperature)).max()
}

fn network(folder: &Path) -> Option<Network> {
    const ETHERNET: &str = "1";
    let name = name(folder);
    let modem = name.starts_with("wwan") || text(folder, "uevent").is_some_and(|text| text.contains("DEVTYPE=wwan"));
    let wifi = folder.join("wireless").exists() || folder.join("phy80211").exists();
    // Bridges and tunnels are made by software: only what has a device behind it says something about a cable or a
    // mast.
    if !folder.join("device").exists() || (!modem && text(folder, "type")? != ETHERNET) {
        return None;
    }
    let kind = match (modem, wifi) {
        (true, _) => NetworkKind::Mobile,
        (false, true) => NetworkKind::Wifi,
        (false, false) => NetworkKind::Wired,
    };
    let state = text(folder, "operstate")?;
    // A modem often does not know and says so while it works; the carrier does.
    let carrier = || text(folder, "carrier").is_some_and(|carrier| carrier == "1");
    Some(Network { kind, up: state == "up" || (state == "unknown" && carrier()), name })
}

fn children(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(folder: &Path, file: &str) -> Option<String> {
    Some(fs::read_to_string(folder.join(file)).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sys(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder for the test");
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("inside of the folder")).expect("writable");
            fs::write(path, content).expect("writable");
        }
        folder
    }

    #[test]
    fn reads_a_till_with_battery_and_modem() {
        let sys = sys(&[
            ("class/power_supply/bq/type", "Battery\n"),
            ("class/power_supply/bq/capacity", "83\n"),
            ("class/power_supply/bq/status", "Discharging\n"),
            ("class/power_supply/usb/type", "USB\n"),
            ("class/power_supply/usb/online", "0\n"),
            ("class/thermal/thermal_zone0/temp", "41500\n"),
            ("class/thermal/thermal_zone1/temp", "-274000\n"),
            ("class/thermal/cooling_device0/temp", "99000\n"),
            ("class/hwmon/hwmon0/temp1_input", "39000\n"),
            ("class/net/eth0/type", "1\n"),
            ("class/net/eth0/operstate", "down\n"),
            ("class/net/eth0/device/x", ""),
            ("class/net/wlan0/type", "1\n"),
            ("class/net/wlan0/operstate", "up\n"),
            ("class/net/wlan0/device/x", ""),
            ("class/net/wlan0/phy80211/x", ""),
            ("class/net/wwan0/type", "65534\n"),
            ("class/net/wwan0/operstate", "unknown\n"),
            ("class/net/wwan0/carrier", "1\n"),
            ("class/net/wwan0/device/x", ""),
            ("class/net/docker0/type", "1\n"),
            ("class/net/docker0/operstate", "up\n"),
        ]);
        let health = read(sys.path());
        assert_eq!(health.battery, Some(Battery { percent: 83, charging: false }));
        assert_eq!(health.on_mains, Some(false));
        assert_eq!(health.temperature_mc, Some(41_500));
        let networks: Vec<_> = health.networks.iter().map(|of| (of.name.as_str(), of.kind, of.up)).collect();
        let expected = [
            ("eth0", NetworkKind::Wired, false),
            ("wlan0", NetworkKind::Wifi, true),
            ("wwan0", NetworkKind::Mobile, true),
        ];
        assert_eq!(networks, expected);
    }

    #[test]
    fn a_machine_that_says_nothing_is_no_error() {
        assert_eq!(read(sys(&[]).path()), Health::default());
        let odd = sys(&[
            ("class/power_supply/a/type", "Battery"),
            ("class/power_supply/a/capacity", "250"),
            ("class/thermal/thermal_zone0/temp", "warm"),
        ]);
        assert_eq!(read(odd.path()), Health::default());
    }

    #[test]
    fn the_disk_of_the_test_has_room_and_an_end() {
        let disk = disk(&std::env::temp_dir()).expect("the folder for temporary files is there");
        assert!(disk.total > 0 && disk.free <= disk.total);
    }
}
