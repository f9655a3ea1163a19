//! Pupils in thirty-six classes and their teachers, with names that are common in Fujian.

use super::{Dice, School, id_at};
use crate::App;
use crate::people::{ClassRow, PutPerson, import::class::class_key, put_class, put_person, seal_field};
use crate::plumbing::db::{DbError, Tx};
use crate::wallets;
use yitong_values::{BusinessDay, ClassId, PersonId};

const SURNAMES: [&str; 24] = [
    "陈", "林", "黄", "张", "吴", "李", "王", "郑", "蔡", "刘", "杨", "许", "郭", "谢", "叶", "庄", "曾", "苏", "周",
    "江", "徐", "何", "洪", "邱",
];
const GIVEN: [&str; 40] = [
    "子轩", "雨桐", "浩然", "梓涵", "宇航", "欣怡", "俊杰", "思琪", "博文", "佳怡", "嘉豪", "诗涵", "志强", "雅婷",
    "明辉", "晓燕", "文博", "静怡", "建国", "美玲", "泽宇", "若曦", "天佑", "语嫣", "一诺", "可欣", "书豪", "梦瑶",
    "家乐", "心怡", "国栋", "婉婷", "鹏飞", "丽娜", "伟", "芳", "敏", "磊", "洋", "静",
];
const STAFF: usize = 120;
const CLASSES_A_YEAR: usize = 12;
const SLICE: usize = 250;

/// Somebody who eats.
#[derive(Clone)]
pub(super) struct Eater {
    pub(super) id: PersonId,
    pub(super) staff: bool,
    pub(super) class: Option<ClassId>,
}

pub(super) async fn put(app: &App, school: &School, pupils: usize, begin: BusinessDay) -> Result<Vec<Eater>, DbError> {
    let mut dice = Dice::new(2026);
    let at = begin.start();
    let mut classes = Vec::new();
    for (grade, han) in [(7, "七年级"), (8, "八年级"), (9, "九年级")] {
        for n in 1..=CLASSES_A_YEAR {
            let name = format!("{han}{n}班");
            let teacher = format!("{}老师", SURNAMES[(grade * 7 + n) % SURNAMES.len()]);
            let year = i64::from(begin.year()) - (grade as i64 - 7) - i64::from(begin.month() < 8);
            classes.push(ClassRow {
                id: ClassId::new(id_at(at)),
                key: class_key(&name),
                name,
                grade: han.into(),
                year_of_entry: Some(year),
                teacher,
                students: 0,
            });
        }
    }
    let office = ClassRow {
        id: ClassId::new(id_at(at)),
        name: "教职工".into(),
        key: class_key("教职工"),
        grade: String::new(),
        year_of_entry: None,
        teacher: String::new(),
        students: 0,
    };
    let mut people = Vec::new();
    for i in 0..pupils + STAFF {
        let staff = i >= pupils;
        let class = if staff { &office } else { &classes[i % classes.len()] };
        people.push(person(app, school, &mut dice, i, staff, class, begin));
    }
    let eaters = people
        .iter()
        .map(|person| Eater { id: person.id, staff: person.kind == "staff", class: person.class })
        .collect();
    classes.push(office);
    let id = school.id;
    let put_classes = move |tx: &mut Tx<'_>| classes.iter().try_for_each(|class| put_class(tx, id, class));
    app.db.write("demo classes", put_classes).await?;
    for slice in people.chunks(SLICE) {
        let slice = slice.to_vec();
        let write = move |tx: &mut Tx<'_>| {
            slice.iter().try_for_each(|person| put_person(tx, id, person))?;
            let ids: Vec<PersonId> = slice.iter().map(|person| person.id).collect();
            wallets::open_accounts(tx, id, &ids)
        };
        app.db.write("demo people", write).await?;
    }
    Ok(eaters)
}

fn person(
    app: &App,
    school: &School,
    dice: &mut Dice,
    i: usize,
    staff: bool,
    class: &ClassRow,
    begin: BusinessDay,
) -> PutPerson {
    let id = PersonId::new(id_at(begin.start()));
    let name = format!("{}{}", dice.pick(&SURNAMES), dice.pick(&GIVEN));
    let male = dice.roll(2) == 0;
    let born = (
        if staff { 1970 + dice.roll(30) } else { begin.year() as usize - 14 + dice.roll(3) },
        1 + dice.roll(12),
        1 + dice.roll(28),
    );
    let first_17 =
        format!("350102{:04}{:02}{:02}{:02}{}", born.0, born.1, born.2, i % 100, (i / 100 % 5) * 2 + usize::from(male));
    // The last sign is found by trying: the check itself says which one is right.
    let id_number = "0123456789X".chars().map(|sign| format!("{first_17}{sign}"));
    let id_number = id_number.into_iter().find(|number| crate::people::import::fields::id_number(number).is_ok());
    let phone = format!("13{:09}", dice.roll(1_000_000_000));
    let secret = |field: &str, plain: &str| seal_field(&app.seal, school.id, id, field, plain);
    let number =
        if staff { format!("T{i:05}") } else { format!("{}{:05}", class.year_of_entry.unwrap_or(2024), i + 1) };
    PutPerson {
        id,
        kind: if staff { "staff" } else { "student" }.into(),
        number,
        name,
        class: Some(class.id),
        status: "active".into(),
        gender: Some(if male { "m" } else { "f" }.into()),
        // Two pupils of one birthday would share a number now and then; those keep none.
        id_number: id_number.filter(|_| i.is_multiple_of(3) && i < 300).map(|plain| secret("id_number", &plain)),
        phone: Some(secret("phone", &phone)),
        allergens: if dice.roll(40) == 0 { vec!["花生".into()] } else { Vec::new() },
        joined_on: Some(begin.number()),
        left_on: None,
    }
}
