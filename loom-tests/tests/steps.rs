//! The marks of the steps and their rows belong together, and each row's fault is where it is said to be. Nothing is built here:
//! `models steps` does that, and runs the models.

use std::collections::BTreeSet;

use loom_tests::child::two_at_a_time;
use loom_tests::find;
use loom_tests::sites::{Source, root, sources, tags};
use loom_tests::steps::mark::{Fault, MARK, Step, rewritten, steps};
use loom_tests::steps::marked;
use loom_tests::steps::table::{EXCUSES, ROWS};

/// Of each row and each excuse, the step and the fault.
fn faults() -> Vec<(&'static str, Fault)> {
    let rows = ROWS.iter().map(|row| (row.step, row.fault));
    rows.chain(EXCUSES.iter().map(|excuse| (excuse.step, excuse.fault))).collect()
}

/// What is wrong between these marks and these rows.
fn unmatched(marked: &[Step], rows: &[&str]) -> Vec<String> {
    let named: BTreeSet<_> = marked.iter().map(|step| step.name.as_str()).collect();
    let unmarked =
        rows.iter().filter(|row| !named.contains(**row)).map(|row| format!("[{row}] is marked nowhere"));
    let missing = named.iter().filter(|name| !rows.contains(name)).map(|name| format!("[{name}] has no row"));
    let twice = marked
        .iter()
        .enumerate()
        .filter(|(at, step)| marked[..*at].iter().any(|other| other.name == step.name))
        .map(|(_, step)| format!("[{}] is marked twice", step.name));
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let unnamed = named.iter().filter(|name| !is_name(name)).map(|name| format!("[{name}] is no name"));
    unmarked.chain(missing).chain(twice).chain(unnamed).collect()
}

/// The lines that are gone, and those that are new: a move has none of either.
fn differences(before: &Source, after: &str) -> (usize, usize) {
    let mut left: Vec<&str> = before.lines.iter().map(String::as_str).collect();
    let mut new = 0;
    for line in after.lines() {
        match left.iter().position(|other| *other == line) {
            Some(at) => drop(left.remove(at)),
            None => new += 1,
        }
    }
    (left.len(), new)
}

/// What is wrong with this fault in the text.
fn misplaced(source: &Source, step: &Step, fault: Fault) -> Option<String> {
    let text = match rewritten(source, step, fault) {
        Ok(text) => text,
        Err(error) => return Some(error),
    };
    let after: Vec<&str> = text.lines().collect();
    let lines = step.lines.len();
    let expected = match fault {
        Fault::Removed => (lines, 0) == differences(source, &text),
        Fault::Text(..) => {
            let (gone, new) = differences(source, &text);
            gone <= lines && new > 0
        }
        Fault::Behind(_) | Fault::Ahead(_) => (0, 0) == differences(source, &text),
    };
    let first = after.iter().zip(&source.lines).position(|(after, before)| *after != before);
    let is_in = first.is_some_and(|first| match fault {
        Fault::Ahead(_) => first < step.lines.start,
        // What is added at its end stands on a line of its own.
        Fault::Text(..) => (step.lines.start..=step.lines.end).contains(&first),
        _ => step.lines.contains(&first),
    });
    (!expected || !is_in).then(|| format!("[{}]: {fault} changes something else", step.name))
}

#[test]
fn every_marked_step_has_a_row_and_every_row_a_mark() {
    let marked: Vec<Step> = marked().into_iter().map(|(_, step)| step).collect();
    let rows: Vec<&str> = faults().into_iter().map(|(step, _)| step).collect();
    assert_eq!(unmatched(&marked, &rows), [""; 0]);
}

#[test]
fn a_mark_without_row_and_a_row_without_mark_are_found() {
    let marked = |text: &str| steps(&Source::new("x", text));
    let two = marked("fn f() {\n    // Step [a]: x.\n    g();\n    // Step [b]: x.\n    h();\n}\n");
    assert_eq!(unmatched(&two, &["a", "b"]).len(), 0);
    assert_eq!(unmatched(&two, &["a"]).len(), 1);
    assert_eq!(unmatched(&two, &["a", "b", "c"]).len(), 1);
    assert_eq!(unmatched(&[&two[..], &two[..1]].concat(), &["a", "b"]).len(), 1);
    assert_eq!(unmatched(&marked("// Step [A 1]: x.\ng();\n"), &["A 1"]).len(), 1);
}

#[test]
fn every_mark_is_read() {
    let lines = |source: &Source| source.lines.iter().filter(|line| line.contains(MARK)).count();
    for source in sources() {
        assert_eq!(
            steps(&source).len(),
            lines(&source),
            "{}: a mark that is not `// Step [name]: why`",
            source.path
        );
    }
}

#[test]
fn every_fault_changes_its_statement_and_nothing_else() {
    let marked = marked();
    let wrong = |(name, fault): (&str, Fault)| {
        let (source, step) = marked.iter().find(|(_, step)| step.name == name)?;
        misplaced(source, step, fault)
    };
    assert_eq!(faults().into_iter().filter_map(wrong).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_row_names_a_model() {
    let models = ROWS.iter().map(|row| row.model).chain(EXCUSES.iter().map(|excuse| excuse.passes));
    assert_eq!(models.filter(|model| find(model).is_none()).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn at_most_one_step_in_ten_is_excused() {
    assert!(EXCUSES.len() * 10 <= marked().len());
    assert!(
        EXCUSES.iter().all(|excuse| !ROWS.iter().any(|row| row.step == excuse.step)),
        "excused and killed"
    );
}

#[test]
fn the_design_lists_every_step_and_no_other() {
    let design = std::fs::read_to_string(root().join("DESIGN.md")).unwrap();
    let section = design.split("\n### Steps").nth(1).and_then(|rest| rest.split("\n### ").next()).unwrap();
    let listed = section.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(": "));
    let listed: BTreeSet<_> = listed.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(listed, marked().into_iter().map(|(_, step)| step.name).collect::<BTreeSet<_>>());
}

const TEXT: &str = "fn f() {
    a(1);
    // Step [one]: it is
    // needed.
    // SAFETY: (1).
    let one = unsafe { b(2) };
    if one {
        // Step [two]: too.
        c
            .d(\"{\")
            .e();
    }
    // Step [three]: and a block.
    if two {
        g();
    } else {
        h();
    }
    // Step [four]: and the last.
    i()
}
";

#[test]
fn a_statement_is_found_to_its_end() {
    let source = Source::new("x", TEXT);
    let found: Vec<_> =
        steps(&source).into_iter().map(|step| (step.name, source.lines[step.lines].concat())).collect();
    let expected = [
        ("one", "    let one = unsafe { b(2) };"),
        ("three", "    if two {        g();    } else {        h();    }"),
        ("four", "    i()"),
    ];
    for (name, text) in expected {
        assert!(found.contains(&(name.to_owned(), text.to_owned())), "{found:?}");
    }
}

#[test]
fn a_fault_leaves_out_changes_or_moves_a_statement() {
    let source = Source::new("x", "{\n    a();\n    // Step [s]: x.\n    b(1);\n    c();\n}\n");
    let step = &steps(&source)[0];
    let with = |fault| rewritten(&source, step, fault).unwrap();
    assert_eq!(with(Fault::Removed), "{\n    a();\n    // Step [s]: x.\n    c();\n}\n");
    assert_eq!(with(Fault::Text("(1)", "(2)")), "{\n    a();\n    // Step [s]: x.\n    b(2);\n    c();\n}\n");
    assert_eq!(with(Fault::Behind("c(")), "{\n    a();\n    // Step [s]: x.\n    c();\n    b(1);\n}\n");
    assert_eq!(with(Fault::Ahead("a(")), "{\n    b(1);\n    a();\n    // Step [s]: x.\n    c();\n}\n");
}

#[test]
fn a_fault_that_does_not_fit_is_refused() {
    let source = Source::new("x", "{\n    a();\n    // Step [s]: x.\n    b(1, 1);\n}\nc();\n");
    let step = &steps(&source)[0];
    for fault in [
        Fault::Text("2", "3"),
        Fault::Text("1", "2"),
        Fault::Behind("c("),
        Fault::Behind("a("),
        Fault::Ahead("b("),
    ] {
        assert!(rewritten(&source, step, fault).is_err(), "{fault}");
    }
    let above_nothing = Source::new("x", "{\n    // Step [s]: x.\n\n    b();\n}\n");
    assert!(rewritten(&above_nothing, &steps(&above_nothing)[0], Fault::Removed).is_err());
    assert!(misplaced(&source, step, Fault::Text("b", "b")).is_some(), "it changes nothing");
}

#[test]
fn the_name_of_a_step_is_no_tag_of_an_ordering() {
    assert_eq!(tags("Step [one]: why. Release [two]: pairs with the load."), ["two"]);
}

#[test]
fn jobs_are_done_in_pairs_and_their_results_are_in_order() {
    assert_eq!(two_at_a_time((0..100).collect(), |job| job * 2), (0..200).step_by(2).collect::<Vec<_>>());
}
