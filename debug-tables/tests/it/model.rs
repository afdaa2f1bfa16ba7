//! What tables and sets have to do, written down once more, and the means to hold them against it.

mod list;
mod op;
mod query;
mod subject;
mod random;
mod tally;
mod side;
mod world;

pub use list::{Item, List};
pub use op::{Draft, Op, apply_all, resolve};
pub use query::{Answer, Query, near};
pub use random::{Phase, Random, Step, draft, step};
pub use subject::Subject;
pub use tally::Tally;
pub use world::World;
