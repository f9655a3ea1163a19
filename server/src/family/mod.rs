//! What a guardian sees and controls: home, purchases, calendar, statement; limits, freezing, loss, transfers and
//! complaints. And the worker that tells guardians of what happened.

mod complaint;
mod complaints_http;
mod complaints_store;
mod day_http;
mod erase_http;
mod events;
mod export;
mod history;
mod home_http;
mod lines;
mod low_balance;
mod meals;
mod missed;
mod office_http;
mod purchases_http;
mod rules_http;
mod statement_http;
mod still;
mod stops_http;
mod store;
mod tell;
mod told;
mod transfer;
mod transfers_http;

pub use events::State;
pub use missed::tell_missed;
pub use still::look_again;
pub use tell::tell_waiting;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    home_http::routes()
        .merge(purchases_http::routes())
        .merge(day_http::routes())
        .merge(statement_http::routes())
        .merge(events::routes())
        .merge(rules_http::routes())
        .merge(stops_http::routes())
        .merge(transfers_http::routes())
        .merge(complaints_http::routes())
        .merge(office_http::routes())
        .merge(erase_http::routes())
}

/// Begins the work that goes on as long as the server serves.
pub fn start(app: &App) {
    look_again(&app.notices);
    tokio::spawn(tell::run(app.clone()));
    tokio::spawn(missed::run(app.clone()));
}
