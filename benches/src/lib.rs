//! The scoreboard: jobs, each done by our crates and by what they are compared with. [`command`] is its command line.
//!
//! ```console
//! $ cargo run --release -p benches --features liburcu --bin scoreboard -- --quick
//! ```
//!
//! What single operations cost is also measured by `cargo bench -p benches`.

mod scoreboard;

pub mod command;
