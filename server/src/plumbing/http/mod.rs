//! The edge: what every route shares. Errors as problem+json, bodies and queries that say what is wrong with them.

mod body;
mod limits;
pub mod pages;
mod problem;
pub mod serve;
mod stream;
mod traffic;
mod wire;

pub use body::{Body, Params, Path};
pub use limits::{Caller, Gate};
pub use problem::{Problem, ProblemWire};
pub use stream::streamed;
pub use traffic::{Route, Traffic};
pub use wire::{DayCursor, Money, Page, PageAsk, day_param, like, moment, named, present};
