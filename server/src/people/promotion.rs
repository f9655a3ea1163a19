//! The yearly promotion, class by class: which goes up, which graduates, and which stays because nobody can know.

use super::class_year::{Naming, naming, year_name};
use super::import::class::class_key;
use std::collections::BTreeMap;
use yitong_values::Timestamp;

/// What becomes of a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Up(String),
    Graduates,
    /// Called after its year of entry: the name is right as it is.
    Stays,
    /// Its name does not say. Nothing happens until somebody names the next one.
    Undecided,
}

/// Words for people, in Chinese and English.
pub(super) type Warning = (String, String);

/// The next name of a class as somebody gave it; `None` graduates.
pub(super) type Named = (String, Option<String>);

/// The last years of primary, junior and senior school.
const LAST_YEARS: [u32; 3] = [6, 9, 12];
/// Fewer than this share of a last year in the year above are strays: the school ends here.
const STRAY_PERCENT: usize = 5;
/// A promotion is once a year.
const AGAIN_AFTER_MS: i64 = 180 * 86_400_000;

/// The steps of all classes, each given with the number of its pupils, and what an administrator should know of them.
pub(super) fn decide(pupils: &BTreeMap<String, usize>, named: &[Named]) -> (BTreeMap<String, Step>, Vec<Warning>) {
    let school = School::new(pupils);
    let given = |class: &str| named.iter().find(|(from, _)| class_key(from) == class_key(class));
    let mut steps = BTreeMap::new();
    let mut by_itself = Vec::new();
    for (class, count) in pupils {
        let step = match given(class) {
            Some((_, Some(next))) => Step::Up(next.clone()),
            Some((_, None)) => Step::Graduates,
            None => {
                let step = school.step(class);
                by_itself.push((class.as_str(), *count, step.clone()));
                step
            }
        };
        steps.insert(class.clone(), step);
    }
    (steps, school.warnings(&by_itself))
}

/// Said when another promotion was applied not long ago.
pub(super) fn again(last: Option<Timestamp>, now: Timestamp) -> Option<Warning> {
    let day = last.filter(|last| now.since(*last) < AGAIN_AFTER_MS)?.china_day();
    let zh = format!("{day} 已执行过一次升级。再次执行会让同一批学生再升一级，请核对。");
    let en =
        format!("Already promoted on {day}. Applying this plan moves the same pupils up a second time; please check.");
    Some((zh, en))
}

/// The classes of each year, with their pupils.
struct School {
    years: BTreeMap<u32, Vec<(String, usize)>>,
    fourth_junior_year: bool,
}

impl School {
    fn new(pupils: &BTreeMap<String, usize>) -> School {
        let mut years: BTreeMap<u32, Vec<(String, usize)>> = BTreeMap::new();
        for (class, count) in pupils {
            if let Some(year) = likely_year(class) {
                years.entry(year).or_default().push((class.clone(), *count));
            }
        }
        School { years, fourth_junior_year: pupils.keys().any(|class| class.starts_with("初四")) }
    }

    fn step(&self, class: &str) -> Step {
        match naming(class) {
            Naming::Entry => Step::Stays,
            Naming::Unknown => Step::Undecided,
            // Where junior school has four years, 初三 is not its last one.
            Naming::Year(_) if self.fourth_junior_year && class.starts_with("初三") => Step::Undecided,
            Naming::Year(spelled) if self.ends_with(spelled.year) => Step::Graduates,
            Naming::Year(spelled) => spelled.next().map_or(Step::Graduates, Step::Up),
        }
    }

    fn classes(&self, year: u32) -> &[(String, usize)] {
        self.years.get(&year).map_or(&[], Vec::as_slice)
    }

    fn count(&self, year: u32) -> usize {
        self.classes(year).iter().map(|(_, count)| count).sum()
    }

    /// Whether a school stage ends here: nobody, or hardly anybody, is in the year above.
    fn ends_with(&self, year: u32) -> bool {
        let (here, above) = (self.count(year), self.count(year + 1));
        LAST_YEARS.contains(&year) && (above == 0 || above * 100 < here * STRAY_PERCENT)
    }

    fn warnings(&self, by_itself: &[(&str, usize, Step)]) -> Vec<Warning> {
        let with = |wanted: Step| -> Vec<(&str, usize)> {
            let found = by_itself.iter().filter(|(_, _, step)| *step == wanted);
            found.map(|(class, count, _)| (*class, *count)).collect()
        };
        let of_year = |year: u32| -> Vec<&(&str, usize, Step)> {
            by_itself.iter().filter(|(class, _, _)| certain_year(class) == Some(year)).collect()
        };
        let mut all = Vec::new();
        all.extend(undecided(&with(Step::Undecided)));
        all.extend(staying(&with(Step::Stays)));
        for year in LAST_YEARS {
            let classes = of_year(year);
            if classes.iter().any(|(_, _, step)| *step == Step::Graduates) {
                all.extend(self.strays(year));
            }
            let crossing = classes.iter().filter_map(|(class, count, step)| match step {
                Step::Up(next) if year == 9 => Some((format!("{class} → {next}"), *count)),
                _ => None,
            });
            all.extend(crossing_stage(&crossing.collect::<Vec<_>>()));
        }
        all
    }

    fn strays(&self, year: u32) -> Option<Warning> {
        let (here, above) = (self.count(year), self.count(year + 1));
        let classes: Vec<&str> = self.classes(year + 1).iter().map(|(class, _)| class.as_str()).collect();
        let (this, next) = (year_name(year), year_name(year + 1));
        let zh = format!(
            "{this}的 {here} 人按毕业离校处理：{next}只有 {above} 人（{}），视为个别情况。若{this}应升入{next}，请填写新班级名称。",
            classes.join("、")
        );
        let en = format!(
            "The {here} pupils of year {year} are planned to leave: only {above} are in year {} ({}), which is taken for \
             an exception. Name their next classes if they go up.",
            year + 1,
            classes.join(", ")
        );
        (above > 0).then_some((zh, en))
    }
}

fn certain_year(class: &str) -> Option<u32> {
    match naming(class) {
        Naming::Year(spelled) => Some(spelled.year),
        Naming::Entry | Naming::Unknown => None,
    }
}

/// Also of 7-1班, whose next name nobody guesses: that there is a seventh year keeps the sixth from leaving.
fn likely_year(class: &str) -> Option<u32> {
    certain_year(class).or_else(|| {
        let key = class_key(class);
        let (year, _) = key.split_once(' ')?;
        year.parse().ok().filter(|year| (1..=12).contains(year))
    })
}

fn undecided(classes: &[(&str, usize)]) -> Option<Warning> {
    let (zh, en) = listed(classes)?;
    let zh = format!("看不出年级的班级，未作任何改动：{zh}。请为它们填写新班级名称，或标为毕业。");
    let en = format!(
        "No year can be read from these class names, so nothing is planned for them: {en}. Name their next class, or mark \
         them as graduating."
    );
    Some((zh, en))
}

fn staying(classes: &[(&str, usize)]) -> Option<Warning> {
    let (zh, en) = listed(classes)?;
    let zh = format!("按入学年份命名的班级，名称不变：{zh}。其中若有毕业班，请标为毕业。");
    let en = format!(
        "These classes are called after a year of entry and keep their names: {en}. Mark those that leave as graduating."
    );
    Some((zh, en))
}

fn crossing_stage(classes: &[(String, usize)]) -> Option<Warning> {
    let (zh, en) = listed(classes)?;
    let zh = format!("由初中升入高中：{zh}。若他们毕业离校，请标为毕业。");
    let en = format!("From junior into senior school: {en}. Mark them as graduating if they leave.");
    Some((zh, en))
}

fn listed<T: AsRef<str>>(classes: &[(T, usize)]) -> Option<Warning> {
    let zh: Vec<_> = classes.iter().map(|(class, count)| format!("{}（{count} 人）", class.as_ref())).collect();
    let en: Vec<_> = classes.iter().map(|(class, count)| format!("{} ({count})", class.as_ref())).collect();
    (!classes.is_empty()).then(|| (zh.join("、"), en.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps as words, in the order asked, and the Chinese warnings.
    fn told(classes: &[(&str, usize)], named: &[Named]) -> (String, Vec<String>) {
        let pupils = classes.iter().map(|(class, count)| ((*class).to_owned(), *count)).collect();
        let (steps, warnings) = decide(&pupils, named);
        let word = |(class, _): &(&str, usize)| match &steps[*class] {
            Step::Up(next) => next.clone(),
            Step::Graduates => "毕业".into(),
            Step::Stays => "不变".into(),
            Step::Undecided => "未定".into(),
        };
        let words: Vec<_> = classes.iter().map(word).collect();
        (words.join(" "), warnings.into_iter().map(|(zh, _)| zh).collect())
    }

    #[test]
    fn a_stage_ends_where_nobody_is_above() {
        let check = |classes: &[(&str, usize)], expected: &str, warned: usize| {
            let (steps, warnings) = told(classes, &[]);
            assert_eq!((steps.as_str(), warnings.len()), (expected, warned), "{classes:?} {warnings:?}");
        };
        check(&[("五年级1班", 40), ("六年级1班", 40)], "六年级1班 毕业", 0);
        check(&[("六年级1班", 40), ("七年级1班", 40), ("九年级1班", 40)], "七年级1班 八年级1班 毕业", 0);
        check(&[("六年级1班", 40), ("七年级1班", 1)], "毕业 八年级1班", 1);
        check(&[("九年级1班", 40), ("高一(1)班", 1)], "毕业 高二(1)班", 1);
        check(&[("九年级1班", 40), ("高一(1)班", 2)], "高一1班 高二(1)班", 1);
        check(&[("九(1)班", 40), ("高一(1)班", 40), ("高三(1)班", 40)], "高一(1)班 高二(1)班 毕业", 1);
        check(&[("六年级1班", 40), ("7-1班", 40)], "七年级1班 未定", 1);
        check(&[("初三1班", 40), ("初四1班", 40)], "未定 未定", 1);
        check(&[("六年级1班", 40), ("12班", 40), ("2026级3班", 40)], "毕业 未定 不变", 2);
    }

    #[test]
    fn warnings_name_the_classes_and_their_pupils() {
        let (_, warnings) = told(&[("3班", 40), ("8-14班", 2), ("2026级3班", 7)], &[]);
        assert!(warnings[0].contains("3班（40 人）、8-14班（2 人）"), "{warnings:?}");
        assert!(warnings[1].contains("2026级3班（7 人）"), "{warnings:?}");
        let (_, warnings) = told(&[("九年级1班", 100), ("高一(1)班", 3)], &[]);
        assert!(warnings[0].contains("100 人按毕业") && warnings[0].contains("高一(1)班"), "{warnings:?}");
        let (_, warnings) = told(&[("九年级1班", 10), ("高一(1)班", 10)], &[]);
        assert!(warnings[0].contains("九年级1班 → 高一1班（10 人）"), "{warnings:?}");
    }

    #[test]
    fn what_somebody_named_is_done() {
        let named =
            [("3班".into(), Some("4班".into())), ("九(1)班".into(), None), ("8-14班".into(), Some("9-14班".into()))];
        let classes = [("3班", 40), ("8-14班", 40), ("九年级1班", 40), ("高一1班", 40)];
        assert_eq!(told(&classes, &named), ("4班 9-14班 毕业 高二1班".into(), vec![]));
    }

    #[test]
    fn a_second_promotion_in_one_year_is_told() {
        let now = Timestamp::from_ms(1_795_492_800_000);
        let day = 86_400_000;
        assert_eq!(again(None, now), None);
        assert_eq!(again(Some(now.plus_ms(-180 * day)), now), None);
        let (zh, en) = again(Some(now.plus_ms(-179 * day)), now).expect("a warning");
        assert!(zh.contains("2026-05-29 已执行过") && en.contains("promoted on 2026-05-29"), "{zh} {en}");
    }
}
