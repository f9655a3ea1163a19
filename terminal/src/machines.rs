//! The devices of the counter: what they say becomes input, what the state machine wants becomes orders. A device that
//! is missing or in trouble never holds a sale up.

use crate::agent::Machine;
use crate::checkout::{BatteryView, DeviceKind, DeviceStatus, DeviceView, Input, Key, Light, Receipt};
use crate::shop::Shop;
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

use yitong_devices::{Blink, Color, Command, Config, Devices, Event, health};
use yitong_rules::Words;
use yitong_values::Cents;

/// `devices.toml` in the agent's folder; `docs/devices.md` says what may stand in it.
#[derive(Deserialize, Default)]
struct File {
    #[serde(default)]
    device: Vec<Config>,
}

#[derive(Default)]
pub struct Machines {
    devices: Option<Devices>,
    /// What the light shows, so that it is told only of a change.
    light: Option<Light>,
}

impl Machines {
    /// Settings that can't be read leave the counter with its screens: it says so and sells.
    pub fn start(file: &Path, hear: impl Fn(Input) + Send + Sync + 'static) -> Machines {
        let configs = match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str::<File>(&text).map(|file| file.device).unwrap_or_else(|why| {
                tracing::error!(error = %why, "devices.toml can't be read");
                Vec::new()
            }),
            Err(_) => Vec::new(),
        };
        let good = |config: &Config| {
            let checked = config.check();
            checked.inspect_err(|why| tracing::error!(kind = ?config.kind, why, "a device of devices.toml")).is_ok()
        };
        let configs: Vec<Config> = configs.into_iter().filter(good).collect();
        let sink = move |_place: usize, event: Event| input(event).into_iter().for_each(&hear);
        let devices = Devices::start(configs, Arc::new(sink));
        let devices = devices.inspect_err(|why| tracing::error!(error = %why, "devices can't be started")).ok();
        Machines { devices, ..Machines::default() }
    }

    fn order(&self, command: Command) -> Result<(), yitong_devices::Trouble> {
        self.devices.as_ref().map_or(Err(yitong_devices::Trouble::Absent), |devices| devices.order(command))
    }

    pub fn shine(&mut self, light: Light) {
        if self.light == Some(light) {
            return;
        }
        self.light = Some(light);
        let (color, blink) = match light {
            Light::Ready => (None, Blink::Steady),
            Light::Busy => (Some(Color::Yellow), Blink::Steady),
            Light::Good => (Some(Color::Blue), Blink::Steady),
            Light::Bad => (Some(Color::Red), Blink::Fast),
        };
        let _ = self.order(Command::Light(color, blink));
    }

    pub fn open_drawer(&self) {
        let _ = self.order(Command::OpenDrawer);
    }

    pub fn print(&self, receipt: &Receipt, shop: Option<&Shop>) -> Option<Input> {
        let printed = self.order(Command::Print(paper(receipt, shop)));
        printed.err().map(|trouble| {
            let words = trouble.words();
            Input::Say(Words { zh: words.zh.into(), en: words.en.into() })
        })
    }

    /// What a button in the settings does: each device shows that it is there.
    pub fn test_device(&mut self, kind: DeviceKind) -> Option<Input> {
        let command = match kind {
            DeviceKind::Printer => {
                Command::Print(yitong_devices::Receipt::default().title("一通").pair("Test", &Cents::ZERO.to_string()))
            }
            DeviceKind::Drawer => Command::OpenDrawer,
            DeviceKind::Light => Command::Light(Some(Color::Yellow), Blink::Fast),
            DeviceKind::Buzzer => Command::Beep,
            _ => {
                let words = Words { zh: "请试一下该设备".into(), en: "Use the device and watch".into() };
                return Some(Input::Say(words));
            }
        };
        self.light = None;
        self.order(command).err().map(|trouble| {
            let words = trouble.words();
            Input::Say(Words { zh: words.zh.into(), en: words.en.into() })
        })
    }

    /// How everything is, for the screens and the office.
    pub fn look(&self, folder: &Path) -> Machine {
        let health = health::read(Path::new("/sys"));
        let seen = self.devices.as_ref().map(Devices::seen).unwrap_or_default();
        let view = |seen: yitong_devices::Seen| DeviceView {
            kind: kind(seen.kind),
            name: seen.name,
            state: match seen.state {
                yitong_devices::State::Ready => DeviceStatus::Ready,
                yitong_devices::State::Absent => DeviceStatus::Absent,
                yitong_devices::State::Trouble(_) => DeviceStatus::Trouble,
            },
            zh: seen.words.zh.into(),
            en: seen.words.en.into(),
        };
        Machine {
            devices: seen.into_iter().map(view).collect(),
            battery: health.battery.map(|b| BatteryView { percent: b.percent, charging: b.charging }),
            temperature_c: health.temperature_mc.and_then(|mc| i16::try_from(mc / 1_000).ok()),
            disk_free_bytes: health::disk(folder).map_or(0, |disk| disk.free),
        }
    }

    /// Blink and beep, so that somebody finds it.
    pub fn locate(&mut self) {
        self.light = None;
        let _ = self.order(Command::Light(Some(Color::Blue), Blink::Fast));
        let _ = self.order(Command::Beep);
    }
}

fn kind(kind: yitong_devices::Kind) -> DeviceKind {
    use yitong_devices::Kind;
    match kind {
        Kind::Scanner => DeviceKind::Scanner,
        Kind::Keypad => DeviceKind::Keypad,
        Kind::Nfc => DeviceKind::Nfc,
        Kind::Printer => DeviceKind::Printer,
        Kind::Drawer => DeviceKind::Drawer,
        Kind::Scale => DeviceKind::Scale,
        Kind::Light => DeviceKind::Light,
        Kind::Buzzer => DeviceKind::Buzzer,
    }
}

fn paper(receipt: &Receipt, shop: Option<&Shop>) -> yitong_devices::Receipt {
    let mut paper = yitong_devices::Receipt::default();
    if let Some(shop) = shop {
        paper = paper.title(&shop.canteen_name).center(&shop.stall_name);
    }
    paper = paper.text(&receipt.at.to_string()[..16].replace('T', " ")).rule();
    for line in &receipt.lines {
        let name = match line.grams {
            Some(grams) => format!("{} {grams} g", line.name),
            None => format!("{} x{}", line.name, line.count),
        };
        paper = paper.pair(&name, &line.amount().to_string());
    }
    paper = paper.rule().total("合计", &receipt.total.to_string()).text(&receipt.name_mask);
    if let Some(balance) = receipt.balance_after {
        paper = paper.pair("余额", &balance.to_string());
    }
    if receipt.offline {
        paper = paper.text("离线");
    }
    paper.text(&receipt.purchase.to_string())
}

/// What the state machine hears of it.
fn input(event: Event) -> Option<Input> {
    Some(match event {
        Event::Scan(text) => Input::Scan(text),
        Event::Key(key) => Input::Key(Key::from_word(key.name())?),
        Event::Weight(weight) => Input::Weight {
            grams: u32::try_from(weight.grams).unwrap_or(0),
            stable: weight.stable && weight.grams >= 0,
        },
        Event::Misread => Input::Say(Words {
            zh: "没有读清，请再扫一次".into(),
            en: "Not read whole; scan it again".into(),
        }),
        Event::Uid(uid) => Input::Card(uid.iter().map(|byte| format!("{byte:02X}")).collect()),
        Event::Plugged | Event::Unplugged | Event::Trouble(_) | Event::Well => Input::Tick,
    })
}
