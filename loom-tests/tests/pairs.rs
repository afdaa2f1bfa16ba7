//! Each pair of orderings is in an exhaustive model, in each mode.

use std::path::Path;

use loom_tests::pairs;

#[test]
fn an_exhaustive_model_comes_by_both_ends_of_each_pair_in_each_mode() {
    let pairs = pairs::all(Path::new(env!("CARGO_BIN_EXE_models")));
    assert!(!pairs.is_empty(), "the sources have tags");
    let missing: Vec<_> =
        pairs.iter().filter(|(_, models)| models.is_empty()).map(|(pair, _)| pair).collect();
    assert!(missing.is_empty(), "only models with a bound, or none, come by both ends of these: {missing:?}");
}
