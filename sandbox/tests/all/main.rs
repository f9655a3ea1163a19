//! The sandbox as a merchant's server meets it: over HTTP, through our own connectors.

mod faults;
mod journeys;
mod kit;
mod mandates;
mod messages;
mod pages;
mod signin;
mod strict;
