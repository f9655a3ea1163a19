//! Cards that another program made: OpenSSL, through `code/python/check_legacy.py issue`.

use crate::vector_cases::PROFILES;
use crate::{Chance, day, profile, reader};

const CARDS: [(&str, &str); 5] = [
    (
        "digits",
        concat!(
            "df1gSuhyFYe+FemHLVQm6KNgVX495EZUvsJSL4VGlromvcZ6Eal+KHahk0yHyIcGq9luSNjR4ceSSuSBL/yPp5T8jkSRW/LJ",
            "+S+/2UhMrDKgr00+rQvnjOjmc/B21OyjlXC9xv3ib8c/3vChYl1DrHc4lcKDkyu7NneM3aqFdYQfg6+WzvuPbV6XElkV3zfe",
            "6a/HzWuypaGRIJJ34qIdxTXWUc5Bu/Vy",
        ),
    ),
    (
        "hex",
        concat!(
            "2F9E49D1E9044E65B843DF66E66A3423CB69132640AD30571DC5DECA8953550B87642DBEC6EFEE5B6E98351202DB7487",
            "115FC9FE45F9F227187F4AB68728C1716AA5CEF729959DF60A9365ABD6BC5765AFE4FBD435468DEC9DC827862D1C124B",
            "5510C5E2347A20311ECF99BAA66DA81DC751552AAC8E24452C9B1F111E973696CA6ACFCEC3DAAD824B580BABE045560E",
            "C5B1A0F8C1D6D61F61E6F294374CA793D2496EDFE4280E89",
        ),
    ),
    (
        "java",
        concat!(
            "cj9Rxh3qKNvhxH7wSKmW+t54QfoAB6LqHUUwFz//Z/9m9/K/xAHwI+nUbATaqIgbvkwr+pWiH9EqlrYLEnwBkIzVw6YwgSU+",
            "+uwAano+fyn/5ndSbA4dvm1gnNSbc5690WkEo4esVSqNLCOTqFURCWi8wdZDqXssUEZWeD4eojr3es04w4i3sqLCAPyHhhvZ",
            "o4W4aSlIB0mCAIOz8HengQISyPkF5cTrYKaaerI8LHqFBzg4jQJNnUh832tcfU7mjDeSnUzNvRx+8EmGcernCTcqXam5FMCQ",
            "r/JjS7PHuQWSxeG9fUp2g3g9tb5Ba/aUG/ovVXqac0GGqrfFlX+rPIDDiIqHFT0NFs6yrr7Mi+lIKmlGorqzcCce5+SvIUsg",
            "Jj/wxGQIGWs=",
        ),
    ),
    (
        "large",
        concat!(
            "3381FD66196CC553581C50F574251418F3288ADE32B4353BA85FF99A87385958E27F9AB70A6292E6E3526BB003EA36A0",
            "2A198D723A1F170B9EA0B2E427B846CC8FA255E510939AD0403446AD85E001BE7E868FB5D8F415B185C07705EDC378AF",
            "4CB765C26098D7331DC1538718BC833BD2CFB7D76EE1C1B46E2EA65D4EE1BA2C7F5C25D7EFAA228A99CE59D3D59BC609",
            "550C07838F9D941CC272ABB9CCAF218B2730FAB95510BB8AE56BD163BDB7A215F4E6C33791E0C616878900FD853BD7A3",
            "DFDA34DF77AF18D2A7A7AD50C729F9C1906093EDDF24BF1EFE7E2A0D9103BBBE84F4F0530A413D87042C85B828072131",
            "34DFC991A72C96CC4CDAE327867A4ED8EAD409F88FF856CD96BE8B431078546EBF87ADC1CC4F99CDEAFE81375F1C0195",
            "C726CFFFDB76EDF414C37FDE5529AD01",
        ),
    ),
    (
        "usual",
        concat!(
            "N6JsRQcIT0FuviNqzfSx9cAt/5WPZHVnX4rvchXSOgFwyzo+civAEr67GoD6PVVzIb0gJ14Q9KpxKl4V4C0kNh5OabTXuql5",
            "mFcX0QFy2YX045bmJone1y2Z7i+xq73n0wcvTEnm6cmVvhtYBxLx1ywHvrHfqQ//KznOB8pOMVZ4l2UF4FgLduwIIKF/o0ZO",
            "SjPVjPq1Rn9+NAx4WWHTeUvk+x9gvra+",
        ),
    ),
];

#[test]
fn cards_that_openssl_made_are_read() {
    for (name, text) in CARDS {
        let (_, words) = PROFILES.iter().find(|(known, _)| *known == name).expect("a profile of the vectors");
        let read = reader(profile(words)).read(text, day(2026, 11, 26), &mut Chance(5)).expect(name);
        assert_eq!((read.student.as_str(), read.random.as_str(), read.expiry), ("2023010142", "07", day(2030, 8, 31)));
    }
}
