//! Eighty dishes as a school in Fujian sells them.

use super::{School, id_at};
use crate::App;
use crate::menu::{DishRow, made_code, put_dish};
use crate::plumbing::db::{DbError, Tx};
use yitong_values::{Cents, DishId, DishRevisionId, StallId, Timestamp};

/// Category, the stalls that sell it (empty: all), and name, English, fen, allergens.
type Group = (&'static str, &'static [usize], &'static [(&'static str, &'static str, i64, &'static str)]);

const GROUPS: [Group; 8] = [
    (
        "主食",
        &[],
        &[
            ("米饭", "Steamed rice", 100, ""),
            ("杂粮饭", "Mixed-grain rice", 150, ""),
            ("馒头", "Steamed bun", 100, "麸质"),
            ("花卷", "Flower roll", 120, "麸质"),
            ("葱油饼", "Scallion pancake", 250, "麸质"),
            ("玉米", "Corn", 250, ""),
            ("红薯", "Sweet potato", 200, ""),
            ("白粥", "Plain congee", 100, ""),
            ("八宝粥", "Eight-treasure congee", 250, ""),
            ("扬州炒饭", "Yangzhou fried rice", 800, "蛋类"),
        ],
    ),
    (
        "荤菜",
        &[0, 2, 3],
        &[
            ("红烧肉", "Braised pork belly", 850, "大豆"),
            ("荔枝肉", "Lychee pork", 800, ""),
            ("糖醋排骨", "Sweet and sour ribs", 900, ""),
            ("宫保鸡丁", "Kung Pao chicken", 700, "花生"),
            ("土豆烧牛腩", "Beef brisket with potato", 1000, ""),
            ("香菇滑鸡", "Chicken with mushrooms", 750, ""),
            ("卤鸡腿", "Soy-braised drumstick", 600, "大豆"),
            ("炸鸡排", "Chicken cutlet", 650, "麸质"),
            ("清蒸鲈鱼", "Steamed sea bass", 1100, "鱼类"),
            ("椒盐虾", "Salt-and-pepper prawns", 1200, "甲壳类"),
            ("梅菜扣肉", "Pork with preserved greens", 900, "大豆"),
            ("回锅肉", "Twice-cooked pork", 780, "大豆"),
        ],
    ),
    (
        "半荤",
        &[0, 2, 3],
        &[
            ("番茄炒蛋", "Tomato and egg", 450, "蛋类"),
            ("麻婆豆腐", "Mapo tofu", 450, "大豆"),
            ("青椒肉丝", "Pork with green pepper", 550, ""),
            ("鱼香肉丝", "Yuxiang pork", 580, ""),
            ("蚂蚁上树", "Glass noodles with pork", 480, ""),
            ("肉末茄子", "Aubergine with mince", 500, ""),
            ("芹菜香干", "Celery with dried tofu", 420, "大豆"),
            ("木耳肉片", "Pork with wood-ear", 560, ""),
            ("虾皮冬瓜", "Winter melon with shrimp", 400, "甲壳类"),
            ("海带排骨", "Ribs with kelp", 680, ""),
        ],
    ),
    (
        "素菜",
        &[0, 2, 3, 4],
        &[
            ("清炒上海青", "Stir-fried pak choi", 300, ""),
            ("蒜蓉西兰花", "Broccoli with garlic", 350, ""),
            ("酸辣土豆丝", "Hot and sour potato", 280, ""),
            ("手撕包菜", "Hand-torn cabbage", 300, ""),
            ("凉拌黄瓜", "Cucumber salad", 250, ""),
            ("炒豆芽", "Bean sprouts", 250, "大豆"),
            ("蚝油生菜", "Lettuce in oyster sauce", 300, ""),
            ("地三鲜", "Potato, aubergine, pepper", 380, ""),
            ("炒空心菜", "Water spinach", 300, ""),
            ("香菇青菜", "Greens with mushrooms", 350, ""),
        ],
    ),
    (
        "面食",
        &[1],
        &[
            ("牛肉面", "Beef noodles", 1200, "麸质"),
            ("沙茶面", "Satay noodles", 1000, "麸质"),
            ("拌面", "Dry noodles", 600, "花生"),
            ("扁肉", "Wonton soup", 600, "麸质"),
            ("水饺", "Dumplings", 900, "麸质"),
            ("锅边糊", "Guobian soup", 500, "甲壳类"),
            ("炒米粉", "Fried rice noodles", 700, ""),
            ("炸酱面", "Noodles with soybean paste", 800, "大豆"),
            ("小笼包", "Soup dumplings", 700, "麸质"),
            ("肉包", "Pork bun", 200, "麸质"),
            ("菜包", "Vegetable bun", 150, "麸质"),
            ("油条", "Fried dough stick", 150, "麸质"),
        ],
    ),
    (
        "清真",
        &[4],
        &[
            ("兰州拉面", "Lanzhou noodles", 1100, "麸质"),
            ("牛肉盖饭", "Beef on rice", 1300, ""),
            ("羊肉泡馍", "Lamb with bread", 1500, "麸质"),
            ("孜然牛肉", "Cumin beef", 1200, ""),
            ("大盘鸡", "Big-plate chicken", 1200, ""),
            ("手抓饭", "Pilaf", 1200, ""),
        ],
    ),
    (
        "饮品",
        &[5],
        &[
            ("豆浆", "Soy milk", 200, "大豆"),
            ("纯牛奶", "Milk", 350, "乳类"),
            ("酸奶", "Yoghurt", 450, "乳类"),
            ("绿豆汤", "Mung bean soup", 200, ""),
            ("柠檬水", "Lemon water", 300, ""),
            ("银耳羹", "White fungus soup", 300, ""),
            ("矿泉水", "Water", 200, ""),
            ("橙汁", "Orange juice", 500, ""),
        ],
    ),
    (
        "水果零食",
        &[5],
        &[
            ("苹果", "Apple", 300, ""),
            ("香蕉", "Banana", 250, ""),
            ("橙子", "Orange", 300, ""),
            ("西瓜杯", "Cup of watermelon", 500, ""),
            ("水果拼盘", "Mixed fruit", 800, ""),
            ("茶叶蛋", "Tea egg", 150, "蛋类"),
            ("烤肠", "Sausage", 300, ""),
            ("蛋挞", "Egg tart", 400, "蛋类"),
            ("饼干", "Biscuits", 350, "麸质"),
            ("坚果包", "Nuts", 600, "坚果"),
            ("海苔", "Seaweed", 400, ""),
            ("面包", "Bread", 500, "麸质"),
        ],
    ),
];

pub(super) async fn put(app: &App, school: &School, now: Timestamp) -> Result<Vec<DishRow>, DbError> {
    let mut dishes = Vec::new();
    for (category, stalls, group) in GROUPS {
        for (name, name_en, fen, allergen) in group {
            let stalls = stalls.iter().map(|i: &usize| school.stalls[*i].uuid()).collect();
            dishes.push(DishRow {
                id: DishId::new(id_at(now)),
                name: (*name).into(),
                name_en: (*name_en).into(),
                category: category.into(),
                price: Cents::new(*fen),
                barcode: made_code(dishes.len() as i64 + 1).unwrap_or_default(),
                canteen: None,
                stalls,
                periods: Vec::new(),
                allergens: if allergen.is_empty() { Vec::new() } else { vec![(*allergen).to_owned()] },
                revision: 1,
                revision_id: DishRevisionId::new(id_at(now)),
                withdrawn: false,
                weighed: false,
            });
        }
    }
    let (id, by, all) = (school.id, school.admin, dishes.clone());
    let write = move |tx: &mut Tx<'_>| all.iter().try_for_each(|dish| put_dish(tx, id, dish, by, now));
    app.db.write("demo dishes", write).await?;
    Ok(dishes)
}

/// What a stall sells.
pub(super) fn sold_at(dishes: &[DishRow], stall: StallId) -> Vec<DishRow> {
    dishes.iter().filter(|dish| dish.stalls.is_empty() || dish.stalls.contains(&stall.uuid())).cloned().collect()
}
