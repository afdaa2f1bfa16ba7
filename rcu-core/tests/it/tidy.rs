//! What the documents say of the tests is so.

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file of a test that is named by its path, and its function: of this crate unless another one is named first.
fn file_of(test: &str) -> (PathBuf, &str) {
    let (own, test) = match test.strip_prefix("debug_tables::") {
        Some(test) => ("debug-tables", test),
        None => ("rcu-core", test),
    };
    let (module, function) = test.rsplit_once("::").expect("a test is in a module");
    let file = format!("{}.rs", module.replace("::", "/"));
    (root().join(own).join("tests/it").join(file), function)
}

/// The rows of the table under a heading of DESIGN.md, without its head.
fn rows<'a>(design: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, section) = design.split_once(heading).unwrap_or_else(|| panic!("DESIGN.md has no {heading:?}"));
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    section.lines().filter(|line| line.starts_with("| ")).skip(1).collect()
}

#[test]
fn every_test_that_the_table_of_traps_names_exists() {
    let design = read(&root().join("DESIGN.md"));
    let rows = rows(&design, "\n## Traps\n");
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let tests = row.rsplit(" | ").next().expect("two columns");
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        let (tests, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.contains("::"));
        for test in &tests {
            let (file, function) = file_of(test);
            let declared = format!("#[test]\nfn {function}() {{");
            assert!(read(&file).contains(&declared), "{} has no test {function}", file.display());
        }
        // What the compiler refuses is an example that must not compile.
        let refused = others.iter().filter(|name| name.ends_with(".rs"));
        let refused = refused.inspect(|file| {
            let source = read(&root().join("rcu-core").join(file));
            assert!(source.contains("compile_fail"), "{file} has no example that must not compile");
        });
        assert!(tests.len() + refused.count() > 0, "no test for: {row}");
    }
}
