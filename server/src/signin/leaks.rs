//! A property: what a user was granted in some schools never shows in another.

use super::permission::Permission;
use super::roles::Role;
use super::{NewGrant, Scope, sessions, store, users};
use crate::plumbing::db::{Db, DbError, Place, Tx};
use proptest::prelude::*;
use std::sync::OnceLock;
use uuid::Uuid;
use yitong_values::{SchoolId, Timestamp, UserId};

crate::sql! {
    PUT_SCHOOL = "INSERT INTO school (id, district_id, name, short, number, created_at) VALUES ($1, $2, $3, $3, $3, 0)";
}

const SCHOOLS: u128 = 4;
const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn school(n: u128) -> SchoolId {
    SchoolId::new(Uuid::from_u128(100 + n))
}

/// Two schools a district.
fn district(n: u128) -> Uuid {
    Uuid::from_u128(200 + n / 2)
}

fn db() -> &'static (Db, tempfile::TempDir, tokio::runtime::Runtime) {
    static DB: OnceLock<(Db, tempfile::TempDir, tokio::runtime::Runtime)> = OnceLock::new();
    DB.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a test has a temporary folder");
        let db = Db::open(&Place::File(folder.path().join("leaks.db"))).expect("a new database opens");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a test has a runtime");
        let fill = |tx: &mut Tx<'_>| {
            for n in 0..SCHOOLS {
                let number = format!("1000{n}");
                tx.execute(&PUT_SCHOOL, &[school(n).into(), district(n).into(), number.into()])?;
            }
            Ok(())
        };
        runtime.block_on(db.write("schools", fill)).expect("the schools are written");
        (db, folder, runtime)
    })
}

fn scope_at(kind: u8, n: u128) -> Scope {
    match kind {
        0 => Scope::Operator,
        1 => Scope::District(district(n)),
        2 => Scope::School(school(n).uuid()),
        3 => Scope::Canteen(Uuid::from_u128(300 + n)),
        _ => Scope::Stall(Uuid::from_u128(400 + n)),
    }
}

/// What the words of the grant say, counted without the code under test.
fn covers(grant: &NewGrant, at: u128) -> bool {
    match grant.scope {
        Scope::Operator => true,
        Scope::District(of) => of == district(at),
        _ => grant.school == school(at),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn rights_stay_where_they_were_granted(
        asked in prop::collection::vec((0usize..7, 0u8..5, 0..SCHOOLS), 0..5),
        enrolled in any::<bool>(),
    ) {
        let (db, _, runtime) = db();
        let grants: Vec<NewGrant> = asked.iter().map(|(role, kind, n)| {
            let scope = scope_at(*kind, *n);
            let at = if scope.below_school() { school(*n) } else { SchoolId::new(Uuid::nil()) };
            NewGrant::of(Role::ALL[*role], scope, at)
        }).collect();
        let user = UserId::new(Uuid::new_v4());
        let kept = grants.clone();
        let load = move |tx: &mut Tx<'_>| -> Result<_, DbError> {
            store::insert_user(tx, user, &user.to_string(), "somebody", "", NOW)?;
            store::set_totp(tx, user, None, enrolled, 0)?;
            users::add_grants(tx, user, &kept)?;
            sessions::principal_of(tx, user)
        };
        let who = runtime.block_on(db.write("load", load)).expect("it is written").expect("the user is there");
        for n in 0..SCHOOLS {
            let here: Vec<_> = grants.iter().filter(|g| covers(g, n) && g.role.fits(g.scope)).collect();
            prop_assert_eq!(who.knows(school(n)), !here.is_empty());
            for permission in Permission::ALL {
                let given = here.iter().filter(|g| g.role.permissions().contains(permission));
                let may = given.filter(|g| enrolled || g.role != Role::Finance).count() > 0;
                prop_assert_eq!(who.may(*permission, school(n)), may, "{} at school {}", permission.word(), n);
            }
        }
    }
}
