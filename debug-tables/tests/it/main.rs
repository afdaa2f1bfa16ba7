//! The behaviour of tables and sets, a module for each topic.

mod watchdog;
mod model;

mod order;
mod large;
mod watch;
mod publication;
mod updates;
mod inherit;
mod misuse;
mod seed_defects;
mod design;
mod histories;
mod concurrent;
mod readers;
mod reclaim;
mod domains;
mod limits;
mod sets;
mod broadcasts;
mod gdb;
