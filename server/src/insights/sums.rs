//! A day's sales added up, for everybody who looks at them: each viewer picks the stalls that are his.

use super::store::{self, SaleRow};
use crate::plumbing::db::{Db, DbError, Tx};
use crate::purchases::Kept;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;
use uuid::Uuid;
use yitong_values::{BusinessDay, SchoolId, StallId};

const BUCKET_MINUTES: u16 = 5;

#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) fen: i64,
    pub(super) count: i64,
}

impl Sum {
    pub(super) fn add(&mut self, fen: i64, count: i64) {
        self.fen += fen;
        self.count += count;
    }

    pub(super) fn of(sums: impl IntoIterator<Item = Sum>) -> Sum {
        let mut all = Sum::default();
        sums.into_iter().for_each(|sum| all.add(sum.fen, sum.count));
        all
    }
}

/// What one stall sold and refused.
#[derive(Default)]
pub(super) struct StallSums {
    pub(super) total: Sum,
    pub(super) arrears: i64,
    pub(super) refused: i64,
    pub(super) periods: BTreeMap<Option<Uuid>, Sum>,
    /// By the minute of the day at which the five minutes begin.
    pub(super) buckets: BTreeMap<u16, Sum>,
    pub(super) dishes: BTreeMap<Uuid, (String, Sum)>,
    pub(super) eaters: BTreeSet<Uuid>,
}

#[derive(Default)]
pub(super) struct DaySums(pub(super) BTreeMap<StallId, StallSums>);

impl DaySums {
    fn read(tx: &mut Tx<'_>, school: SchoolId, day: BusinessDay) -> Result<DaySums, DbError> {
        let mut sums = DaySums::default();
        store::each_sale(tx, school, day, |sale| sums.add(sale))?;
        for (stall, count) in store::refused(tx, school, day)? {
            sums.0.entry(stall).or_default().refused += count;
        }
        Ok(sums)
    }

    fn add(&mut self, sale: SaleRow) {
        let kept: Kept = serde_json::from_str(&sale.detail).unwrap_or_default();
        let (of, fen) = (self.0.entry(sale.stall).or_default(), sale.amount.fen());
        of.total.add(fen, 1);
        of.arrears += kept.arrears;
        of.eaters.extend(sale.person);
        of.periods.entry(kept.period).or_default().add(fen, 1);
        of.buckets.entry(sale.at.china_minute() / BUCKET_MINUTES * BUCKET_MINUTES).or_default().add(fen, 1);
        for item in kept.items {
            let (_, sum) = of.dishes.entry(item.d).or_insert_with(|| (item.n, Sum::default()));
            sum.add(item.p * i64::from(item.c), i64::from(item.c));
        }
    }
}

/// When reading began, and what was read.
type Slot = tokio::sync::Mutex<Option<(Instant, Arc<DaySums>)>>;

/// Pages that ask for the same day at the same time read it once. Nothing is kept when nobody asks, and nobody is given
/// what was read before he asked: the last sale of a rush would be missing until the next.
#[derive(Default)]
pub struct SharedSums(Mutex<HashMap<(SchoolId, BusinessDay), Weak<Slot>>>);

impl SharedSums {
    pub(super) async fn get(&self, db: &Db, school: SchoolId, day: BusinessDay) -> Result<Arc<DaySums>, DbError> {
        let asked = Instant::now();
        let slot = self.slot((school, day));
        let mut held = slot.lock().await;
        if let Some((begun, sums)) = &*held
            && *begun >= asked
        {
            return Ok(Arc::clone(sums));
        }
        let begun = Instant::now();
        let sums = Arc::new(db.read(move |tx| DaySums::read(tx, school, day)).await?);
        *held = Some((begun, Arc::clone(&sums)));
        Ok(sums)
    }

    /// Shared with whoever asks now.
    fn slot(&self, key: (SchoolId, BusinessDay)) -> Arc<Slot> {
        let mut slots = self.0.lock().expect("nobody panics with the sums");
        slots.retain(|_, slot| slot.strong_count() > 0);
        slots.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let slot = Arc::default();
            slots.insert(key, Arc::downgrade(&slot));
            slot
        })
    }
}
