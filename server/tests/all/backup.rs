//! Copies of a school in use, put back elsewhere and proven; and each way in which that must be refused.

use crate::testkit::Server;
use std::path::{Path, PathBuf};
use yitong::demo::{Size, make};
use yitong::plumbing::db::{Db, Place};
use yitong::plumbing::seal::Seal;
use yitong::upkeep::{BackupError, Existing, Manifest, RestoreRefusal, back_up, restore};
use yitong::wallets;
use yitong_values::Timestamp;

const HOUR_MS: i64 = 3_600_000;

struct School {
    server: Server,
    database: PathBuf,
    folder: tempfile::TempDir,
}

impl School {
    /// Thirty pupils with two days of lunches.
    async fn in_use() -> School {
        let server = Server::embedded().await;
        make(&server.app, Size { pupils: 30, days: 2 }).await.expect("a small demo school is made");
        let Place::File(database) = server.app.config.database.clone() else { panic!("the test kit uses a file") };
        School { server, database, folder: tempfile::tempdir().expect("a folder for copies") }
    }

    fn copy_at(&self, hours: i64, keep: u32) -> Result<Manifest, BackupError> {
        let now = self.server.app.now().plus_ms(hours * HOUR_MS);
        back_up(&self.database, self.folder.path(), keep, self.server.app.seal.fingerprint(), now)
    }

    fn put_back(&self, copy: &Path, to: &Path, existing: Existing) -> Result<wallets::Report, RestoreRefusal> {
        let key = self.server.app.config.key_file.clone();
        restore(copy, to, &key, existing, self.server.app.now()).map(|restored| restored.report)
    }

    fn file(&self, manifest: &Manifest) -> PathBuf {
        self.folder.path().join(&manifest.file)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<_> =
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_copy_made_in_use_is_the_school_again_elsewhere() {
    let school = School::in_use().await;
    let before = wallets::verify(&school.server.app.db, None).await.expect("the books are read");
    let manifest = school.copy_at(0, 3).expect("a copy is made while the server has the database open");
    assert_eq!((manifest.entries, manifest.schools.len()), (before.entries, 1));
    assert!(manifest.schools[0].last_entry.is_some());
    let elsewhere = tempfile::tempdir().expect("another machine");
    let database = elsewhere.path().join("yitong.db");
    let report = school.put_back(&school.file(&manifest), &database, Existing::Refuse).expect("it is put back");
    assert_eq!(report, before);
    // It opens as a server's database, with the same people and sealed fields.
    let db = Db::open(&Place::File(database)).expect("it opens");
    assert_eq!(wallets::verify(&db, None).await.expect("its books are read"), before);
}

#[tokio::test]
async fn the_newest_copies_stay_and_never_none() {
    let school = School::in_use().await;
    for hours in 0..4 {
        school.copy_at(hours, 2).expect("a copy");
    }
    let kept = names(school.folder.path());
    assert_eq!(kept.len(), 4, "two copies with their manifests: {kept:?}");
    let last = school.copy_at(4, 0).expect("keep 0 is read as 1");
    assert_eq!(names(school.folder.path()).len(), 2);
    assert!(school.file(&last).exists());
}

#[tokio::test]
async fn altered_books_do_not_push_out_good_copies() {
    let school = School::in_use().await;
    let good = school.copy_at(0, 1).expect("a copy of good books");
    let by_hand = rusqlite::Connection::open(&school.database).expect("somebody opens the file");
    let alter = "UPDATE account SET wallet_0 = wallet_0 + 1 WHERE person_id = (SELECT MIN(person_id) FROM account)";
    assert_eq!(by_hand.execute(alter, []).expect("and adds one fen"), 1);
    let refused = school.copy_at(1, 1).expect_err("books that do not agree are no good copy");
    assert!(matches!(refused, BackupError::Altered { findings: 1 }), "{refused:?}");
    assert!(refused.words().0.contains("yitong verify"));
    assert!(school.file(&good).exists());
    assert_eq!(names(school.folder.path()).len(), 2, "nothing half made is left");
}

#[tokio::test]
async fn a_restore_that_would_harm_is_refused() {
    let school = School::in_use().await;
    let manifest = school.copy_at(0, 3).expect("a copy");
    let copy = school.file(&manifest);
    let elsewhere = tempfile::tempdir().expect("another machine");
    let database = elsewhere.path().join("yitong.db");
    let to = |key: &Path| restore(&copy, &database, key, Existing::Refuse, school.server.app.now());

    let missing = elsewhere.path().join("yitong.key");
    assert!(matches!(to(&missing).expect_err("no key"), RestoreRefusal::NoKey(_)));
    Seal::from_file(&missing).expect("another key is made");
    let other = to(&missing).expect_err("another key");
    assert!(matches!(other, RestoreRefusal::OtherKey { .. }), "{other:?}");
    assert!(other.to_string().contains("密钥") && other.to_string().contains("key file"), "{other}");
    assert!(!database.exists(), "a refusal leaves nothing behind");

    let here = school.put_back(&copy, &school.database, Existing::Refuse).expect_err("there is a database");
    assert!(matches!(here, RestoreRefusal::Exists(_)));
    let served = school.put_back(&copy, &school.database, Existing::MoveAside).expect_err("a server has it open");
    assert!(matches!(served, RestoreRefusal::InUse(_)), "{served:?}");

    let mut bytes = std::fs::read(&copy).expect("the copy is read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = elsewhere.path().join(&manifest.file);
    std::fs::write(&damaged, bytes).expect("one bit is turned");
    assert!(matches!(school.put_back(&damaged, &database, Existing::Refuse), Err(RestoreRefusal::NoManifest(_))));
    std::fs::copy(Manifest::path_of(&copy), Manifest::path_of(&damaged)).expect("the manifest comes as well");
    assert!(matches!(school.put_back(&damaged, &database, Existing::Refuse), Err(RestoreRefusal::Damaged)));
}

#[tokio::test]
async fn a_replaced_database_is_moved_aside_as_a_whole() {
    let school = School::in_use().await;
    let manifest = school.copy_at(0, 3).expect("a copy");
    let elsewhere = tempfile::tempdir().expect("another machine");
    let database = elsewhere.path().join("yitong.db");
    drop(Db::open(&Place::File(database.clone())).expect("an empty school is there"));
    // Its threads let go of the file shortly after.
    let mut tries = 0;
    let now = Timestamp::from_ms(7);
    let done = loop {
        let key = &school.server.app.config.key_file;
        match restore(&school.file(&manifest), &database, key, Existing::MoveAside, now) {
            Err(RestoreRefusal::InUse(_)) if tries < 50 => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await
            }
            done => break done.expect("it is put back"),
        }
        tries += 1;
    };
    assert!(done.report.entries > 0 && done.report.ok());
    let aside = done.aside.expect("the old one is kept");
    assert_eq!(aside.file_name().and_then(|name| name.to_str()), Some("yitong.db.replaced-7"));
    assert!(aside.exists() && database.exists());
}
