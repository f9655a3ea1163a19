//! Two tills of the demo, to be enrolled by whoever tries the terminal's program.

use super::{Failure, School};
use crate::App;
use crate::terminals::{self, Placed};
use yitong_values::SchoolId;

pub async fn put(app: &App, school: &School) -> Result<(), Failure> {
    for (name, stall) in ["套餐 1 号机", "面食 1 号机"].into_iter().zip(&school.stalls) {
        let placed =
            Placed { name: name.into(), stall: *stall, mode: "dish".into(), screens: 2, profile: Default::default() };
        terminals::add(app, school.id, placed).await?;
    }
    Ok(())
}

/// Name and enrolment code of each till without a machine: a line for each.
pub async fn codes(app: &App, school: SchoolId) -> Result<String, Failure> {
    let mut lines = String::new();
    for (id, name) in terminals::waiting(app, school).await? {
        let code = terminals::code(app, school, id).await?;
        lines.push_str(&format!("    {name}   {}\n", code.shown()));
    }
    Ok(lines)
}
