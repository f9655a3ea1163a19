//! One SQL text for two engines. Every statement registers itself, so that a test prepares each on both.

use std::sync::OnceLock;

/// A statement. Placeholders are `$1`, `$2`, …
pub struct Sql {
    pub name: &'static str,
    sqlite_text: &'static str,
    postgres_text: &'static str,
    /// SQLite reads `$1` as a *named* parameter numbered by first appearance; `?1` is what we mean.
    sqlite_ready: OnceLock<String>,
}

impl Sql {
    pub const fn new(name: &'static str, sqlite_text: &'static str, postgres_text: &'static str) -> Sql {
        Sql { name, sqlite_text, postgres_text, sqlite_ready: OnceLock::new() }
    }

    pub fn sqlite(&self) -> &str {
        self.sqlite_ready.get_or_init(|| self.sqlite_text.replace('$', "?"))
    }

    pub fn postgres(&self) -> &'static str {
        self.postgres_text
    }

    /// Every statement of the program.
    pub fn all() -> impl Iterator<Item = &'static Sql> {
        inventory::iter::<Registered>.into_iter().map(|registered| registered.0)
    }
}

pub struct Registered(pub &'static Sql);
inventory::collect!(Registered);

/// Declares statements: `sql! { FIND = "SELECT … $1"; NOW = { sqlite: "…", postgres: "…" }; }`.
#[macro_export]
macro_rules! sql {
    () => {};
    ($(#[$doc:meta])* $name:ident = { sqlite: $sqlite:expr, postgres: $postgres:expr }; $($rest:tt)*) => {
        $(#[$doc])*
        static $name: $crate::plumbing::db::Sql =
            $crate::plumbing::db::Sql::new(concat!(module_path!(), "::", stringify!($name)), $sqlite, $postgres);
        ::inventory::submit! { $crate::plumbing::db::Registered(&$name) }
        $crate::sql! { $($rest)* }
    };
    ($(#[$doc:meta])* $name:ident = $both:expr; $($rest:tt)*) => {
        $crate::sql! { $(#[$doc])* $name = { sqlite: $both, postgres: $both }; $($rest)* }
    };
}
