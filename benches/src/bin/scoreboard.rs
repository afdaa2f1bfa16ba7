//! Measures jobs, and prints and writes what they took.
//!
//! ```console
//! $ cargo run --release -p benches --features liburcu --bin scoreboard -- --quick
//! $ cargo run --release -p benches --features liburcu --bin scoreboard -- --csv scoreboard.csv --out plots
//! $ cargo run --release -p benches --bin scoreboard -- --jobs tables,read --threads 1
//! $ cargo run --release -p benches --bin scoreboard -- --from scoreboard.csv --out plots
//! ```

fn main() -> std::process::ExitCode {
    benches::command::run()
}
