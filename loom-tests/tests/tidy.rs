//! What the text of the sources promises: the ordering and its tag above each access, two ends to each tag, every tag in the
//! design, no ordering where the scan would not see it, layers that use only those below, one door to `std` and `loom`,
//! system calls in one place.
//!
//! Each check has a test which shows that it finds what it looks for.

use std::collections::BTreeMap;

use loom_tests::mutants::DEFINITIONS;
use loom_tests::sites::{NOT_ATOMIC, Source, code, root, sources};

type Findings = Vec<String>;

/// The comment above an access names its ordering; above a Relaxed one it says why, above any other it has a tag.
fn comments(source: &Source) -> Findings {
    let sites = source.sites().into_iter().filter(|site| !site.at_caller && site.called != Some("current"));
    let untidy = sites.filter(|site| {
        let named = site.comment.contains(site.called.unwrap_or(&site.ordering));
        let why = ["Relaxed: ", "Relaxed, twice: "].iter().any(|words| site.comment.contains(words));
        !named || if site.ordering == "Relaxed" { !why } else { site.tags().is_empty() }
    });
    let what = |called: Option<&'static str>, ordering: &str| called.unwrap_or(ordering).to_owned();
    untidy
        .map(|site| {
            format!(
                "{}:{}: {} above: {:?}",
                site.file,
                site.line,
                what(site.called, &site.ordering),
                site.comment
            )
        })
        .collect()
}

/// Each tag stands at two places: one that releases and one that acquires, or two fences.
fn ends(sources: &[Source]) -> Findings {
    let mut tags: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for site in
        sources.iter().flat_map(Source::sites).filter(|site| !site.at_caller && site.ordering != "Relaxed")
    {
        for tag in site.tags() {
            tags.entry(tag).or_default().push(site.clone());
        }
    }
    let one_ended = tags.iter().filter(|(_, sites)| {
        let side = |ordering| sites.iter().any(|site| site.ordering == ordering || site.ordering == "AcqRel");
        let two_fences = sites.iter().filter(|site| site.is_fence()).count() >= 2;
        sites.len() < 2 || !(two_fences || side("Release") && side("Acquire"))
    });
    one_ended
        .map(|(tag, sites)| format!("[{tag}] has one end: {}:{}", sites[0].file, sites[0].line))
        .collect()
}

/// Every tag has a row in the design's table, and every row a tag in the sources.
fn design(sources: &[Source], design: &str) -> Findings {
    let mut tags: Vec<String> = sources.iter().flat_map(Source::sites).flat_map(|site| site.tags()).collect();
    tags.sort();
    tags.dedup();
    let first =
        |line: &str| line.strip_prefix('|')?.split('|').next().map(|cell| cell.trim().replace('`', ""));
    let rows: Vec<String> = design
        .lines()
        .filter_map(first)
        .filter_map(|cell| Some(cell.strip_prefix('[')?.strip_suffix(']')?.to_owned()))
        .collect();
    let missing =
        tags.iter().filter(|tag| !rows.contains(tag)).map(|tag| format!("DESIGN.md has no row for [{tag}]"));
    let stale = rows
        .iter()
        .filter(|row| !tags.contains(row))
        .map(|row| format!("DESIGN.md: the sources have no [{row}]"));
    missing.chain(stale).collect()
}

/// A module uses only those that `lib.rs` lists above it.
fn layers(sources: &[Source]) -> Findings {
    let lib = sources.iter().find(|source| source.path.ends_with("/lib.rs")).expect("a library");
    let listed = |line: &String| {
        Some(code(line).trim_start_matches("pub ").trim_start_matches("mod ").strip_suffix(';')?.to_owned())
    };
    let is_name = |word: &String| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let order: Vec<String> = lib.lines.iter().filter_map(listed).filter(is_name).collect();
    let at = |module: &str| order.iter().position(|name| name == module);
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path != lib.path) {
        let inside = source.path.split_once("/src/").expect("a file of a library").1;
        let own = at(inside.split(['/', '.']).next().unwrap());
        for (index, line) in source.shipped().iter().enumerate() {
            for used in code(line)
                .split("crate::")
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
            {
                // The door is open to all, and macros are no layer.
                if used != "sync" && at(used).is_none_or(|used| own.is_none_or(|own| used > own)) {
                    findings.push(format!(
                        "{}:{}: crate::{used} is not listed above it",
                        source.path,
                        index + 1
                    ));
                }
            }
        }
    }
    findings
}

/// What may be named in which files only.
const DOORS: &[(&str, &[&str])] = &[
    ("std::sync", &["rcu-core/src/fence.rs"]),
    ("loom::", &[]),
    ("libc::", &["rcu-core/src/sys/"]),
    // What the C library calls.
    ("extern \"C\"", &["rcu-core/src/sys/ends.rs", "rcu-core/src/sys/fork.rs", "rcu-core/src/sys/spawn.rs"]),
];

/// Threads, locks and atomics come through `sync`, system calls through `sys`. `fence` may name std's
/// `compiler_fence`: no model sees a compiler's fence.
fn doors(source: &Source) -> Findings {
    let mut findings = Vec::new();
    for (index, line) in source.shipped().iter().enumerate() {
        // A reference count is no protocol of these crates.
        let line = code(line).replace("std::sync::Arc", "");
        for (word, files) in DOORS {
            let excepted = files.iter().any(|file| source.path.starts_with(file))
                && (*word != "std::sync" || line.ends_with("compiler_fence;"));
            if line.contains(word) && !excepted {
                findings.push(format!("{}:{}: names {word}", source.path, index + 1));
            }
        }
    }
    findings
}

/// The checker treats a SeqCst access as an acquire-release one: fences only.
fn sequential(source: &Source) -> Findings {
    let sites = source.sites().into_iter().filter(|site| site.ordering == "SeqCst" && !site.is_fence());
    sites.map(|site| format!("{}:{}: a SeqCst access", site.file, site.line)).collect()
}

fn none(findings: Findings) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

fn library(name: &str) -> Vec<Source> {
    sources().into_iter().filter(|source| source.path.starts_with(name)).collect()
}

#[test]
fn every_access_and_fence_says_its_ordering_and_tag() {
    none(sources().iter().filter(|source| source.path != DEFINITIONS.0).flat_map(comments).collect());
}

#[test]
fn a_comment_without_ordering_tag_or_reason_is_found() {
    let found = |comment: &str, ordering: &str| {
        comments(&Source::new(
            "x",
            &format!(
                "fn f() {{\n    g();\n    {comment}\n    let x =\n        a.load(Ordering::{ordering});\n}}"
            ),
        ))
        .len()
    };
    assert_eq!(found("// Acquire [enter]: pairs with the store in g.", "Acquire"), 0);
    assert_eq!(found("// Relaxed: the lock orders it.", "Relaxed"), 0);
    assert_eq!(found("// Acquire: pairs with the store in g.", "Acquire"), 1);
    assert_eq!(found("// [enter] pairs with the store in g.", "Acquire"), 1);
    assert_eq!(found("// Relaxed.", "Relaxed"), 1);
    assert_eq!(found("", "Relaxed"), 1);
    let exchange = "fn f() {\n    // Release [queue]: pairs with take.\n    a.compare_exchange(0, 1, Ordering::Release, Ordering::Relaxed);\n}";
    assert_eq!(comments(&Source::new("x", exchange)).len(), 1, "the second ordering has no reason");
    let fences =
        "fn f() {\n    g();\n    fence::light();\n    // heavy [heavy]: pairs with light.\n    x.heavy();\n}";
    assert_eq!(comments(&Source::new("x", fences)).len(), 1);
}

#[test]
fn every_tag_stands_at_two_ends() {
    none(ends(&sources()));
}

#[test]
fn a_tag_with_one_end_is_found() {
    let store = "fn f() {\n    // Release [enter]: x.\n    a.store(1, Ordering::Release);\n}\n";
    let load = "fn g() {\n    // Acquire [enter]: x.\n    a.load(Ordering::Acquire);\n}\n";
    let fence = "fn h() {\n    // light [heavy]: x.\n    fence::light();\n}\n";
    let exchange = "fn i() {\n    // AcqRel [publish]: x.\n    a.swap(1, Ordering::AcqRel);\n}\n";
    let found = |texts: &[&str]| ends(&[Source::new("x", &texts.concat())]).len();
    assert_eq!(found(&[store, load]), 0);
    assert_eq!(found(&[store, store]), 1);
    assert_eq!(found(&[load]), 1);
    assert_eq!(found(&[fence]), 1);
    assert_eq!(found(&[fence, fence]), 0);
    assert_eq!(found(&[exchange]), 1);
}

#[test]
fn every_tag_is_in_the_design() {
    none(design(&sources(), &std::fs::read_to_string(root().join("DESIGN.md")).unwrap()));
}

#[test]
fn a_tag_that_the_design_lacks_or_makes_up_is_found() {
    let sources =
        [Source::new("x", "fn f() {\n    // Release [enter]: x.\n    a.store(1, Ordering::Release);\n}\n")];
    assert_eq!(design(&sources, "| tag | |\n|---|---|\n| `[enter]` | |\n").len(), 0);
    assert_eq!(design(&sources, "[enter] is a tag\n").len(), 1);
    assert_eq!(design(&sources, "| [enter] | |\n| [leave] | |\n").len(), 1);
}

#[test]
fn a_module_uses_only_those_listed_above_it() {
    none(["rcu-core/", "debug-tables/"].iter().flat_map(|name| layers(&library(name))).collect());
}

#[test]
fn a_use_of_a_higher_layer_is_found() {
    let lib = Source::new(
        "c/src/lib.rs",
        "layer! {\n    /// Low.\n    low;\n    /// High.\n    high;\n}\npub use high::High;\n",
    );
    let found = |path: &str, text: &str| {
        layers(&[Source::new(&lib.path, &lib.lines.join("\n")), Source::new(path, text)]).len()
    };
    assert_eq!(found("c/src/high.rs", "use crate::low::Low;\nuse crate::sync::lock;\n"), 0);
    assert_eq!(found("c/src/low.rs", "//! See [`High`](crate::high::High).\n"), 0);
    assert_eq!(found("c/src/low.rs", "use crate::high::High;\n"), 1);
    assert_eq!(found("c/src/low/part.rs", "fn f(_: crate::high::High) {}\n"), 1);
    assert_eq!(found("c/src/high.rs", "use crate::Low;\n"), 1, "a re-export is in no layer");
}

#[test]
fn std_loom_and_libc_have_one_door_each() {
    none(sources().iter().flat_map(doors).collect());
}

#[test]
fn a_second_door_is_found() {
    let found = |path: &str, line: &str| doors(&Source::new(path, line)).len();
    assert_eq!(found("rcu-core/src/event.rs", "use std::sync::atomic::AtomicU32;"), 1);
    assert_eq!(found("rcu-core/src/event.rs", "use std::sync::Arc;"), 0);
    assert_eq!(found("rcu-core/src/event.rs", "use loom::sync::Mutex;"), 1);
    assert_eq!(found("rcu-core/src/event.rs", "unsafe { libc::sched_yield() };"), 1);
    assert_eq!(found("rcu-core/src/sys/linux.rs", "unsafe { libc::sched_yield() };"), 0);
    assert_eq!(found("rcu-core/src/sys/linux.rs", "extern \"C\" fn handler() {}"), 1);
    assert_eq!(found("rcu-core/src/fence.rs", "use std::sync::atomic::compiler_fence;"), 0);
    assert_eq!(found("rcu-core/src/fence.rs", "use std::sync::Mutex;"), 1);
}

#[test]
fn no_access_is_sequentially_consistent() {
    none(sources().iter().flat_map(sequential).collect());
}

#[test]
fn a_sequentially_consistent_access_is_found() {
    assert_eq!(sequential(&Source::new("x", "fn f() {\n    a.load(Ordering::SeqCst);\n}")).len(), 1);
    assert_eq!(sequential(&Source::new("x", "fn f() {\n    fence(Ordering::SeqCst);\n}")).len(), 0);
}

#[test]
fn every_ordering_of_the_sources_is_at_a_site() {
    none(sources().iter().flat_map(Source::hidden).collect());
}

#[test]
fn every_call_that_is_said_not_to_be_atomic_exists() {
    let sources = sources();
    let is_called = |file: &str, callee: &str| {
        let mut files = sources.iter().filter(|source| source.path.starts_with(file));
        files.any(|source| source.shipped().iter().any(|line| code(line).contains(&format!("{callee}("))))
    };
    let stale = NOT_ATOMIC.iter().filter(|(file, callee, _)| !is_called(file, callee));
    none(stale.map(|(file, callee, _)| format!("{file} has no {callee}")).collect());
}

#[test]
fn an_ordering_that_is_at_no_site_is_found() {
    let found = |text: &str| Source::new("x", text).hidden().len();
    let body = |line: &str| {
        found(&format!("use crate::sync::{{AtomicU64, Ordering}};\n\nfn f() {{\n    {line}\n}}"))
    };
    assert_eq!(body("a.store(1, Ordering::Release);"), 0);
    assert_eq!(body("a.compare_exchange(0, 1, Ordering::Release, Ordering::Relaxed);"), 0);
    assert_eq!(body("a.store(a.load(Ordering::Relaxed) + 1, Ordering::Release);"), 0);
    assert_eq!(body("fence::light();"), 0);
    // By the name of the ordering alone.
    assert_eq!(found("use std::sync::atomic::Ordering::Release;"), 1);
    assert_eq!(found("use std::sync::atomic::{\n    AtomicU64,\n    Ordering::{self, Release},\n};"), 1);
    assert_eq!(found("pub(crate) use crate::sync::Ordering::*;"), 1);
    assert_eq!(found("use crate::sync::Ordering as O;"), 1);
    assert_eq!(body("a.store(1, Release);"), 1);
    assert_eq!(body("AtomicU64::store(&a, 1, Release);"), 1);
    assert_eq!(body("fence(SeqCst);"), 1);
    assert_eq!(body("a.compare_exchange(0, 1, Ordering::Release, Relaxed);"), 1);
    // Through a constant, a variable, a parameter, a type.
    assert_eq!(found("const PUBLISH: Ordering = Ordering::Release;"), 2);
    assert_eq!(body("let order = Ordering::Release;"), 1);
    assert_eq!(body("a.store(1, PUBLISH);"), 1);
    assert_eq!(body("a.store(1, if b { Ordering::Release } else { Ordering::Relaxed });"), 3);
    assert_eq!(found("fn f(order: Ordering) {}"), 1);
    assert_eq!(found("type O = Ordering;"), 1);
    assert_eq!(found("pub struct House {\n    order: Ordering,\n}"), 1);
    // Through a function or macro that takes it, by an operation that is not known, as a function's value.
    assert_eq!(body("store_in(&a, Ordering::Release);"), 1);
    assert_eq!(body("a.fetch_or(1, Ordering::Release);"), 1);
    assert_eq!(body("store!(a, Ordering::Release);"), 1);
    assert_eq!(body("record.lock(fence::light);"), 1);
    assert_eq!(body("[a].map(AtomicU64::load);"), 1);
    // Behind what looks like a comment, or the end.
    assert_eq!(body("g(\"//\"); a.store(1, Release);"), 1);
    assert_eq!(found("#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n"), 0);
    assert_eq!(found("#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n\nfn g() {}\n"), 1);
    assert_eq!(found("#[cfg(test)]\nmod tests;\n"), 0);
    assert_eq!(found("#[cfg(test)]\nmod tests;\n\nfn g() {}\n"), 1);
}

#[test]
fn a_site_is_found_wherever_it_stands() {
    let found = |text: &str| {
        let sites = Source::new("x", text).sites();
        sites
            .iter()
            .map(|site| format!("{} {} {}", site.function, site.operation, site.ordering))
            .collect::<Vec<_>>()
    };
    assert_eq!(found("fn f() { a.store(1, Ordering::Release); }"), ["f store Release"]);
    assert_eq!(found("fn f() { fence::light() }\nfn light() {}"), ["f fence SeqCst"]);
    let behind = "#[cfg(test)]\nfn g() {}\n\nfn f() {\n    a.load(Ordering::Acquire);\n}\n";
    assert_eq!(found(behind), ["f load Acquire"]);
    let inner = "impl T {\n    #[cfg(test)]\n    fn g() {}\n\n    fn f() {\n        a.load(Ordering::Acquire);\n    }\n}\n";
    assert_eq!(found(inner), ["f load Acquire"]);
    assert_eq!(
        found(
            "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() {\n        a.load(Ordering::Acquire);\n    }\n}\n"
        ),
        [""; 0]
    );
    let nested = "fn f() {\n    a.store(b.load(Ordering::Acquire), Ordering::Release);\n}\n";
    assert_eq!(found(nested), ["f load Acquire", "f store Release"]);
    let long = "fn f() {\n    a.compare_exchange(\n        0,\n        1,\n        Ordering::Release,\n        Ordering::Relaxed,\n    );\n}\n";
    assert_eq!(found(long), ["f compare_exchange Release", "f failure Relaxed"]);
}
