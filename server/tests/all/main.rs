//! Whole-server tests over HTTP, one file per slice, one binary.

mod cast;
mod lunch;
mod testkit;
mod till;

mod acceptance;
mod access;
mod backup;
mod books;
mod codes;
mod copy;
mod database;
mod edge;
mod guardians;
mod guardians_oauth;
mod guardians_office;
mod hostile;
mod imports;
mod killed;
mod killed_payments;
mod menu;
mod moves;
mod notices;
mod payments;
mod people;
mod phones;
mod purchases;
mod readers;
mod repeats;
mod schools;
mod shown_codes;
mod side_by_side;
mod signin;
mod undo;
mod upkeep;
mod users;
