//! Which exhaustive models come by both ends of each pair of orderings.
//!
//! A tag stands at two ends in the sources. A model that comes by one end of it, or none, says nothing of the pair, however many
//! executions it has. The first few executions of a model are enough to see by which places it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rcu_core::sync::model::met;

use crate::child;
use crate::models;
use crate::mutants::sites_to_weaken;
use crate::run::{Mode, Model, survey};
use crate::sites::Site;

/// How many executions are looked at. Rare paths, such as a driver that sleeps, are met by then.
const EXECUTIONS: usize = 400;
const LIMIT: Duration = Duration::from_secs(240);

/// Prints by which places the first executions of a model come, one a line: `file:line:operation`.
pub fn print_places(model: &'static Model, mode: Mode) {
    survey(model, mode, EXECUTIONS);
    for (place, operation) in met::places() {
        println!("{}:{}:{operation}", place.file(), place.line());
    }
}

/// For each tag and mode the exhaustive models that come by both of its ends.
pub type Pairs = BTreeMap<(String, Mode), BTreeSet<&'static str>>;

/// Asks every exhaustive model, each in a process of its own, two at a time.
pub fn all(executable: &Path) -> Pairs {
    let runs = models().flat_map(|model| Mode::ALL.map(|mode| (model, mode)));
    let queue = Mutex::new(runs.filter(|(model, mode)| model.is_exhaustive(*mode)).collect::<Vec<_>>());
    let sites = sites_to_weaken();
    let tags: BTreeSet<String> = sites.iter().flat_map(Site::tags).collect();
    let nobody = tags.iter().flat_map(|tag| Mode::ALL.map(|mode| ((tag.clone(), mode), BTreeSet::new())));
    let pairs = Mutex::new(nobody.collect::<Pairs>());
    let next = || queue.lock().expect("no holder panics").pop();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((model, mode)) = next() {
                    let arguments = ["places", model.name, &mode.to_string()];
                    let printed = child::print(executable, &arguments, &[("RCU_LOOM_PLACES", "1")], LIMIT);
                    let printed = printed.unwrap_or_else(|end| panic!("{} {mode}: {end:?}", model.name));
                    let met: Vec<&Site> = sites.iter().filter(|site| is_met(site, &printed)).collect();
                    let mut pairs = pairs.lock().expect("no holder panics");
                    for tag in tags.iter().filter(|tag| has_both_ends(tag, &met)) {
                        pairs.get_mut(&(tag.clone(), mode)).expect("every tag is there").insert(model.name);
                    }
                }
            });
        }
    });
    pairs.into_inner().expect("no holder panics")
}

/// Whether these sites are both ends of the tag: of one that releases and one that acquires, or of fences in two files.
/// A reader's own two fences are no pair.
fn has_both_ends(tag: &str, met: &[&Site]) -> bool {
    let met: Vec<&&Site> = met.iter().filter(|site| site.tags().iter().any(|of| of == tag)).collect();
    let fences: BTreeSet<&str> =
        met.iter().filter(|site| site.is_fence()).map(|site| site.file.as_str()).collect();
    let any = |orderings: &[&str]| met.iter().any(|site| orderings.contains(&site.ordering.as_str()));
    fences.len() >= 2 || any(&["Release", "AcqRel"]) && any(&["Acquire", "AcqRel"])
}

/// Whether the site is among the printed places.
fn is_met(site: &Site, printed: &str) -> bool {
    let operation = if site.is_fence() { "fence" } else { site.operation };
    let place = format!("{}:{}:{operation}", site.file, site.line);
    printed.lines().any(|line| line.ends_with(&place))
}

/// The table of [`Pairs`].
pub fn table(pairs: &Pairs) -> String {
    let mut table = "| tag | mode | exhaustive models that come by both ends |\n|---|---|---|\n".to_owned();
    for ((tag, mode), models) in pairs {
        let models: Vec<&str> = models.iter().copied().collect();
        table += &format!("| `[{tag}]` | {mode} | {} |\n", models.join(", "));
    }
    table
}
