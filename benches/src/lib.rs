//! The scoreboard: jobs, each done by our crates and by what they are compared with. See [`scoreboard`].
//!
//! ```console
//! $ cargo run --release -p benches --bin scoreboard -- --jobs tables --csv scoreboard.csv
//! ```
//!
//! What single operations cost is also measured by `cargo bench -p benches`.

pub mod scoreboard;
