//! The table of the seed's defects in DESIGN.md names tests that exist, and every test that is there for one.

use std::path::Path;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn source(module: &str) -> String {
    let path = Path::new(HERE).join("tests/it").join(module).with_extension("rs");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of the tests in a source.
fn tests(source: &str) -> Vec<&str> {
    let after_attributes = source.split("#[test]").skip(1).map(|rest| rest.split("fn ").nth(1).unwrap_or(""));
    after_attributes.filter_map(|name| name.split('(').next()).collect()
}

/// The rows of the table, as cells.
fn rows(design: &str) -> Vec<Vec<&str>> {
    let section = design.split("## The seed's own defects").nth(1).expect("the section");
    let table = section.split("\n## ").next().expect("its text").lines().filter(|line| line.starts_with('|'));
    table.skip(2).map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands in backquotes and names a module and a test in it.
fn named<'r>(row: &[&'r str]) -> Vec<(&'r str, &'r str)> {
    let cell = row.last().copied().unwrap_or("");
    cell.split('`').skip(1).step_by(2).filter_map(|name| name.split_once("::")).collect()
}

#[test]
fn every_defect_of_the_seed_has_a_reason_and_tests_that_exist() {
    let design = std::fs::read_to_string(Path::new(HERE).join("../DESIGN.md")).expect("the design");
    let rows = rows(&design);
    assert_eq!(rows.len(), 19, "the defects that are known");
    for row in &rows {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(!named(row).is_empty(), "no test: {row:?}");
        for (module, test) in named(row) {
            assert!(tests(&source(module)).contains(&test), "there is no test {module}::{test}");
        }
    }
    let all: Vec<_> = rows.iter().flat_map(|row| named(row)).collect();
    for test in tests(&source("seed_defects")) {
        assert!(all.contains(&("seed_defects", test)), "DESIGN.md does not name seed_defects::{test}");
    }
}

#[test]
fn a_test_that_is_gone_would_be_missed() {
    let source = "#[test]\nfn one() {}\n#[test]\n#[ignore]\nfn two() {}\nfn three() {}\n";
    assert_eq!(tests(source), ["one", "two"]);
    let design = "## The seed's own defects\n\n| a | b | c |\n|---|---|---|\n| x | y | `m::t`, `no` |\n\n## Next\n| z |\n";
    assert_eq!(rows(design), [["x", "y", "`m::t`, `no`"]]);
    assert_eq!(named(&rows(design)[0]), [("m", "t")]);
}
