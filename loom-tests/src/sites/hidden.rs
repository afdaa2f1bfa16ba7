//! What could keep an ordering of the sources from being a site, or a site from being found: other names, orderings passed on, and
//! unit tests that hide what follows.

use super::{CALLS, OPERATIONS, Source, code, word_places};

/// Calls by the name of an atomic operation that are none: where, the receiver and method, and what it is.
pub const NOT_ATOMIC: &[(&str, &str, &str)] = &[
    ("rcu-core/src/registry.rs", "readers.swap", "of a slice, under the registry's lock"),
    ("rcu-core/src/pointer/cell.rs", "option.load", "of an RcuOption, whose own source has the orderings"),
    ("rcu-core/src/pointer/cell.rs", "option.swap", "of an RcuOption, whose own source has the orderings"),
    ("debug-tables/src/table", "published.load", "of an RcuOption, whose own source has the orderings"),
    ("debug-tables/src/table", "published.swap", "of an RcuOption, whose own source has the orderings"),
];

impl Source {
    /// What could keep an ordering from being a site, or a site from being found.
    pub fn hidden(&self) -> Vec<String> {
        let (text, starts) = self.code();
        let line_of = |at: usize| starts.partition_point(|&start| start <= at) - 1;
        let in_use = self.in_use();
        let calls = self.calls();
        let mut found = Vec::new();
        for call in &calls {
            let is_none = |&(file, callee, _): &(&str, &str, &str)| {
                self.path.starts_with(file) && callee == call.callee && call.orderings.is_empty()
            };
            if call.called.is_none()
                && call.orderings.len() != call.takes()
                && !NOT_ATOMIC.iter().any(is_none)
            {
                found.push((call.line, format!("{} without its literal ordering", call.callee)));
            }
        }
        let at_sites: Vec<usize> =
            calls.iter().flat_map(|call| call.orderings.iter().take(call.takes())).map(|it| it.0).collect();
        for at in word_places(&text, "Ordering") {
            let after = &text[at + "Ordering".len()..];
            if in_use[line_of(at)] {
                if after.starts_with("::") || after.starts_with(" as ") {
                    found.push((line_of(at), "an ordering by another name".to_owned()));
                }
            } else if !at_sites.contains(&at) {
                found.push((line_of(at), "an ordering outside an operation".to_owned()));
            }
        }
        for name in OPERATIONS.iter().copied().chain(CALLS.iter().map(|call| call.0)) {
            for at in word_places(&text, name) {
                let after = &text[at + name.len()..];
                let is_value =
                    text[..at].ends_with("::") && !after.starts_with('(') && !after.starts_with("::");
                if if in_use[line_of(at)] { after.starts_with(" as ") } else { is_value } {
                    found.push((line_of(at), format!("{name} by another name")));
                }
            }
        }
        let tests = &self.lines[self.shipped().len()..];
        let ends = |line: &&String| line.starts_with(|c: char| !c.is_whitespace());
        let behind = tests.iter().skip(2).filter(ends).skip(usize::from(tests.len() > 2));
        let is_inline = tests.get(1).is_none_or(|line| line.ends_with('{'));
        if behind.count() > 0 || !is_inline && tests.len() > 2 {
            found.push((self.shipped().len(), "unit tests that are not last".to_owned()));
        }
        found.into_iter().map(|(line, what)| format!("{}:{}: {what}", self.path, line + 1)).collect()
    }

    /// For each shipped line, whether it is of a `use` item.
    fn in_use(&self) -> Vec<bool> {
        let mut open = false;
        let is_in_use = |line: &String| {
            let line = code(line);
            let visibility = line.split_once("use ").map(|(before, _)| before.trim());
            open |= visibility.is_some_and(|word| {
                ["", "pub"].contains(&word) || word.starts_with("pub(") && word.ends_with(')')
            });
            let inside = open;
            open &= !line.contains(';');
            inside
        };
        self.shipped().iter().map(is_in_use).collect()
    }
}
