//! The behaviour of tables and sets, a module for each topic.

mod watchdog;
mod reference;

mod order;
mod large;
mod watch;
mod publication;
mod updates;
mod inherit;
mod misuse;
mod seed_defects;
mod histories;
mod readers;
mod reclaim;
mod domains;
mod sets;
mod broadcasts;
