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

/// What stands between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Asserts that the tests exist which this cell of a table names, and returns how many it names. What the compiler refuses is an example
/// that must not compile, in a file that is named instead.
fn count_tests(cell: &str) -> usize {
    let (tests, others): (Vec<_>, Vec<_>) = names(cell).partition(|name| name.contains("::"));
    for test in &tests {
        let (file, function) = file_of(test);
        let declared = format!("#[test]\nfn {function}() {{");
        assert!(read(&file).contains(&declared), "{} has no test {function}", file.display());
    }
    let refused = others.into_iter().filter(|name| name.ends_with(".rs")).inspect(|file| {
        let source = read(&root().join("rcu-core").join(file));
        assert!(source.contains("compile_fail"), "{file} has no example that must not compile");
    });
    tests.len() + refused.count()
}

#[test]
fn every_test_that_the_table_of_traps_names_exists() {
    let design = read(&root().join("DESIGN.md"));
    let rows = rows(&design, "\n## Traps\n");
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let tests = row.rsplit(" | ").next().expect("two columns");
        assert!(count_tests(tests) > 0, "no test for: {row}");
    }
}

/// The sources below a folder, with what they contain but for their comments.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let entries = entries.map(|entry| entry.expect("an entry that can be read").path());
    let of = |path: PathBuf| {
        if path.is_dir() {
            return sources(&path);
        }
        let code: Vec<_> = read(&path)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(str::to_owned)
            .collect();
        vec![(path, code.join("\n"))]
    };
    entries.flat_map(of).collect()
}

#[test]
fn every_file_with_unsafe_code_is_in_the_table_of_soundness_and_every_test_there_exists() {
    let design = read(&root().join("DESIGN.md"));
    let rows = rows(&design, "\n## Soundness\n");
    let mut places = Vec::new();
    for row in &rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [_, place, guard] = cells[..] else { panic!("three columns: {row}") };
        let otherwise = ["the type", "the models"].iter().any(|words| guard.contains(words));
        assert!(count_tests(guard) > 0 || otherwise, "nothing guards: {row}");
        places.extend(names(place).filter(|name| name.ends_with(".rs")));
    }
    let folder = root().join("rcu-core/src");
    for place in &places {
        assert!(folder.join(place).is_file(), "there is no {place}");
    }
    let with_unsafe = sources(&folder).into_iter().filter(|(_, code)| code.contains("unsafe "));
    let mut found = 0;
    for (path, _) in with_unsafe {
        found += 1;
        let inside =
            path.strip_prefix(&folder).expect("it is in the folder").to_str().expect("our own names");
        let inside = inside.replace(std::path::MAIN_SEPARATOR, "/");
        assert!(places.contains(&&*inside), "{inside} has unsafe code, and no row");
    }
    assert!(found >= 20, "{found} files with unsafe code");
}
