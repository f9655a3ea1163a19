//! What the screens show around the sale: link, lease, devices, alarms.

use super::{Agent, Pictures};
use crate::checkout::{AlarmView, Around, LeaseView, LinkState, LinkView, Screen, SetupView, WordsView};
use std::sync::Arc;
use yitong_journal::{Files, Room};
use yitong_sync::{Reading, left, link};

pub(super) fn nothing() -> Around {
    let link = LinkView {
        state: LinkState::Never,
        since: 0,
        last_sync: None,
        unsent: 0,
        unsent_sales: 0,
        oldest_unsent: None,
        mirror_age_ms: 0,
        clock_doubt: false,
        neighbours: 0,
    };
    Around {
        enrolled: false,
        setup: SetupView::default(),
        broken: false,
        link,
        lease: None,
        devices: Vec::new(),
        battery: None,
        alarms: Vec::new(),
        classes: Vec::new(),
    }
}

impl<F: Files> Agent<F> {
    /// Draws both pictures, and hands them out when something changed.
    pub(super) fn publish(&mut self) {
        let (shop, reading) = (self.open_shop(), self.time());
        let facts = self.facts(shop.as_deref(), &reading, uuid::Uuid::nil());
        let around = self.around(&reading);
        let seq = self.seq + 1;
        let draw = |screen| self.checkout.view(&facts, &around, screen, seq);
        let new = Pictures { operator: draw(Screen::Operator), customer: draw(Screen::Customer) };
        let same = self.shown.as_ref().is_some_and(|old| !old.differs_from(&new));
        if same && self.mono_ms.saturating_sub(self.shown_at_ms) < super::ALIVE_MS {
            return;
        }
        let chosen = (new.operator.language, Some(new.operator.volume), self.checkout.mode().or(self.settings.mode));
        if (self.settings.language, self.settings.volume, self.settings.mode) != chosen {
            (self.settings.language, self.settings.volume, self.settings.mode) = chosen;
            self.keep_settings();
        }
        let new = Arc::new(new);
        (self.seq, self.shown_at_ms, self.shown) = (seq, self.mono_ms, Some(new.clone()));
        self.outbox.push(super::Do::Show(new));
    }

    fn around(&self, reading: &Reading) -> Around {
        let setup = self.setup();
        let Some(inside) = &self.inside else {
            return Around { setup, battery: self.machine.battery.clone(), ..nothing() };
        };
        let state = match inside.link.state() {
            link::State::Online => LinkState::Online,
            link::State::Never if inside.synced_at.is_none() => LinkState::Never,
            _ => LinkState::Offline,
        };
        let now = reading.at;
        let lease = inside.lease.as_ref().map(|lease| {
            let used = inside.own.used(lease.serial);
            LeaseView {
                left: left(lease, used, now).fen(),
                expires_at: lease.expires_at.ms(),
                count_left: lease.count.saturating_sub(used.count),
            }
        });
        Around {
            enrolled: inside.link.state() != link::State::Revoked,
            setup,
            broken: inside.broken || matches!(inside.journal.room(), Ok(Room::Full) | Err(_)),
            link: LinkView {
                state,
                since: inside.state_since.ms(),
                last_sync: inside.synced_at,
                unsent: inside.journal.unsent(),
                unsent_sales: inside.own.unsent_sales,
                oldest_unsent: inside.unsent_since.map(|at| at.ms()),
                mirror_age_ms: inside.synced_at.map_or(0, |at| now.ms().saturating_sub(at).max(0) / 10_000 * 10_000),
                clock_doubt: reading.doubt,
                neighbours: inside.relay.heard(self.mono_ms),
            },
            lease,
            devices: self.machine.devices.clone(),
            battery: self.machine.battery.clone(),
            alarms: self.alarms(reading),
            classes: inside.classes.clone(),
        }
    }

    fn setup(&self) -> SetupView {
        let wrong = self.not_enrolled.as_ref();
        let wrong = wrong.map(|words| WordsView { zh: words.zh.clone(), en: words.en.clone() });
        SetupView { busy: self.enrolling, wrong }
    }

    fn alarms(&self, reading: &Reading) -> Vec<AlarmView> {
        let Some(inside) = &self.inside else { return Vec::new() };
        let mut alarms = Vec::new();
        let mut say = |on: bool, code: &str, zh: &str, en: &str| {
            if on {
                alarms.push(AlarmView { code: code.into(), zh: zh.into(), en: en.into() });
            }
        };
        let revoked = inside.link.state() == link::State::Revoked;
        say(revoked, "revoked", "本机已停用，请联系管理员", "This terminal was revoked; call the administrator");
        let journal = inside.broken || !matches!(inside.journal.room(), Ok(Room::Enough | Room::Low));
        say(journal, "journal", "无法记录，已停止收款", "Nothing can be recorded; sales have stopped");
        let low = matches!(inside.journal.room(), Ok(Room::Low));
        say(low, "disk_low", "存储将满，只能联网收款", "The disk is almost full; only online sales");
        let stopped = inside.stopped.is_some();
        say(
            stopped,
            "journal_stopped",
            "账目上传被拒，请联系管理员",
            "The journal is not taken; call the administrator",
        );
        let aside = inside.quarantined > 0;
        say(aside, "quarantined", "有记录待人工核对", "Some records have to be looked at");
        say(reading.doubt, "clock", "时间未校准", "The clock is not certain");
        let age = inside.codes.status_age_ms(reading.at.ms());
        let old = age.is_some_and(|age| age > yitong_code::DAY_MS);
        say(old, "lists_old", "名单已超过一天未更新，离线额度减半", "The lists are more than a day old; less offline");
        alarms
    }
}

impl Pictures {
    /// Time alone is no difference.
    fn differs_from(&self, other: &Pictures) -> bool {
        let mut same = other.clone();
        for (ours, theirs) in [(&self.operator, &mut same.operator), (&self.customer, &mut same.customer)] {
            (theirs.seq, theirs.now) = (ours.seq, ours.now);
        }
        self.operator != same.operator || self.customer != same.customer
    }
}
