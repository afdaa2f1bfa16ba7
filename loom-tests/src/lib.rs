//! Models of `rcu-core` and `debug-tables`: small concurrent programs over the very sources that ship, of which loom runs
//! every execution that its reduction tells apart; and the mutants, that the models must notice: one weakened ordering each, or
//! one step of a protocol that is left out.
//!
//! One file a protocol. `models list` names the models, `models run` runs one, `models all` runs all, in under an hour on two
//! cores; `models report` does and makes the table of them, `models mutants` makes the table of orderings with what fails when
//! each is weakened, `models steps` that of the marked steps, and `models pairs` the table of who comes by the orderings.

pub mod payload;
pub mod run;
pub mod scene;
pub mod arrays;

pub mod announce;
pub mod barrier;
pub mod event;
pub mod handover;
pub mod kick;
pub mod limits;
pub mod list;
pub mod nest;
pub mod online;
pub mod owner;
pub mod pass;
pub mod pointer;
pub mod poll;
pub mod queue;
pub mod quiescent;
pub mod registration;
pub mod retire;
pub mod served;
pub mod shared;
pub mod table;
pub mod wake;

pub mod child;
pub mod kill;
pub mod mutants;
pub mod pairs;
pub mod planted;
pub mod rewrite;
pub mod sites;
pub mod steps;
pub mod suite;

use run::Model;

/// Every model that must pass, protocol by protocol.
pub fn models() -> impl Iterator<Item = &'static Model> {
    let protocols = [
        announce::MODELS,
        nest::MODELS,
        owner::MODELS,
        wake::MODELS,
        kick::MODELS,
        quiescent::MODELS,
        online::MODELS,
        poll::MODELS,
        barrier::MODELS,
        event::MODELS,
        queue::MODELS,
        handover::MODELS,
        limits::MODELS,
        served::MODELS,
        registration::MODELS,
        pass::MODELS,
        shared::MODELS,
        pointer::MODELS,
        retire::MODELS,
        list::MODELS,
        table::look::MODELS,
        table::update::MODELS,
        table::own::MODELS,
        table::cache::MODELS,
        table::locks::MODELS,
    ];
    protocols.into_iter().flatten()
}

/// Every protocol that is wrong on purpose, and must fail.
pub fn wrong() -> impl Iterator<Item = &'static Model> {
    let protocols =
        [handover::WRONG, list::WRONG, table::cache::WRONG, table::seed::WRONG, poll::WRONG, barrier::WRONG];
    protocols.into_iter().flatten()
}

/// The model of this name, right or wrong.
pub fn find(name: &str) -> Option<&'static Model> {
    models().chain(wrong()).find(|model| model.name == name)
}
