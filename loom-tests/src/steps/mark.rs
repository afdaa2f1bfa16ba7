//! Finds the marked steps in the text of the sources, and rewrites one: takes it out, changes it, or moves it.
//!
//! A mark is a comment, `// Step [name]: why it is needed.`, directly above a statement; other comments may follow it. Like the
//! reader of sites, this one relies on how rustfmt lays out code.

use std::fmt;
use std::ops::Range;

use crate::sites::{Source, code, comment};

/// A statement that a protocol needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Lowercase with dashes.
    pub name: String,
    /// From the root of the workspace.
    pub file: String,
    /// The lines of the statement, from 0. None if there is no statement directly below.
    pub lines: Range<usize>,
}

/// What is done to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is left out.
    Removed,
    /// This text, which it has once, is another.
    Text(&'static str, &'static str),
    /// It stands behind the first statement after it that begins so, in the same block.
    Behind(&'static str),
    /// It stands ahead of the last statement before it that begins so, in the same block.
    Ahead(&'static str),
}

/// On one line.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        match self {
            Self::Removed => f.write_str("left out"),
            Self::Text(from, to) => write!(f, "`{}` → `{}`", line(from), line(to)),
            Self::Behind(text) => write!(f, "behind `{text}`"),
            Self::Ahead(text) => write!(f, "ahead of `{text}`"),
        }
    }
}

/// What every mark begins with.
pub const MARK: &str = "Step [";

/// The marked steps of a file, in order.
pub fn steps(source: &Source) -> Vec<Step> {
    let marks = source.shipped().iter().enumerate().filter_map(|(at, line)| {
        let (name, why) = comment(line)?.strip_prefix(MARK)?.split_once("]: ")?;
        (!why.is_empty()).then(|| (at, name.to_owned()))
    });
    let found = marks.map(|(at, name)| {
        let first = at + source.lines[at..].iter().take_while(|line| comment(line).is_some()).count();
        Step { name, file: source.path.clone(), lines: first..end(&source.lines, first).unwrap_or(first) }
    });
    found.collect()
}

/// Behind the last line of the statement that begins on this one.
fn end(lines: &[String], first: usize) -> Option<usize> {
    let mut open = 0;
    for (at, line) in lines.iter().enumerate().skip(first) {
        let code = code(line);
        if code.is_empty() && at == first {
            return None;
        }
        for c in code.chars() {
            match c {
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open -= 1,
                _ => {}
            }
        }
        let closes_block = || lines.get(at + 1).is_none_or(|next| indent(next) < indent(line));
        if open < 0 {
            return None;
        }
        if open == 0 && (code.ends_with([';', '}', ',']) || closes_block()) {
            return Some(at + 1);
        }
    }
    None
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The text of the file with a fault at the step; why not, if it does not fit there.
pub fn rewritten(source: &Source, step: &Step, fault: Fault) -> Result<String, String> {
    let (before, rest) = source.lines.split_at(step.lines.start);
    let (statement, after) = rest.split_at(step.lines.len());
    if statement.is_empty() {
        return Err(format!("[{}] stands above no statement", step.name));
    }
    let depth = indent(&statement[0]);
    let begins = |text: &'static str| {
        move |line: &String| indent(line) == depth && line.trim_start().starts_with(text)
    };
    let nowhere = |text: &str| format!("[{}]: nothing in the block begins `{text}`", step.name);
    let in_block = |line: &&String| line.trim().is_empty() || indent(line) >= depth;
    let lines = match fault {
        Fault::Removed => [before, after].concat(),
        Fault::Text(from, to) => {
            let text = statement.join("\n");
            if text.matches(from).count() != 1 {
                return Err(format!("[{}] does not have `{from}` once", step.name));
            }
            [before, &[text.replace(from, to)], after].concat()
        }
        Fault::Behind(text) => {
            let block = after.iter().take_while(in_block).count();
            let at = after[..block].iter().position(begins(text)).ok_or_else(|| nowhere(text))?;
            let over = end(after, at).ok_or_else(|| nowhere(text))?;
            [before, &after[..over], statement, &after[over..]].concat()
        }
        Fault::Ahead(text) => {
            let block = before.len() - before.iter().rev().take_while(in_block).count();
            let at = before[block..].iter().rposition(begins(text)).ok_or_else(|| nowhere(text))? + block;
            [&before[..at], statement, &before[at..], after].concat()
        }
    };
    Ok(lines.join("\n") + "\n")
}
