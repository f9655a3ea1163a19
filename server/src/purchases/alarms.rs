//! Tells those who keep the codes that one may be a copy.

use super::alarms_store::Alarm;
use crate::notices::{self, Kind, Work};
use crate::plumbing::db::{DbError, Tx};

pub(super) fn tell(tx: &mut Tx<'_>, alarms: &[Alarm]) -> Result<(), DbError> {
    for of in alarms {
        let work = Work {
            school: of.school,
            kind: Kind::CopyAlarm,
            // Asked again after the photo was compared it is the same one.
            cause: of.id.to_string(),
            about: Some(of.person),
            params: vec![("seconds", of.seconds.to_string()), ("time", of.at.ms().to_string())],
            link: "/admin/copy-alarms".into(),
            except: None,
            at: of.at,
        };
        notices::tell_staff(tx, &work)?;
    }
    Ok(())
}
