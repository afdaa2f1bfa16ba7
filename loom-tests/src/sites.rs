//! Finds, in the text of the sources, every atomic access and fence: what it is, in which function, and the comment above.
//!
//! A reader of lines, not a parser. It relies on how rustfmt lays out code, and on comments that stand on their own lines.
//! What it finds is addressed by file, function, operation and place among its like, which survives edits elsewhere.
//! What it would not find, [`Source::hidden`] reports: there is no ordering in the sources that is not at a site.

mod hidden;

use std::fmt;
use std::path::{Path, PathBuf};

pub use hidden::NOT_ATOMIC;

/// A file of the sources.
#[derive(Debug)]
pub struct Source {
    /// From the root of the workspace.
    pub path: String,
    /// As they stand.
    pub lines: Vec<String>,
}

/// An atomic access or fence in the sources.
#[derive(Clone, Debug)]
pub struct Site {
    /// From the root of the workspace.
    pub file: String,
    /// The innermost named function around it.
    pub function: String,
    /// The method, `fence`, or `failure` for the second ordering of a compare_exchange.
    pub operation: &'static str,
    /// How many of the same operation come before it in the function.
    pub nth: usize,
    /// As on the line; `SeqCst` for a fence by name.
    pub ordering: String,
    /// From 1.
    pub line: usize,
    /// The comment directly above its statement, or above the function that begins with it.
    pub comment: String,
    /// For one by the name of a function, that name.
    pub called: Option<&'static str>,
    /// Whether it is in a function that is `track_caller` in the model: its callers are the sites to weaken.
    pub at_caller: bool,
}

/// The operations that take an ordering.
const OPERATIONS: &[&str] =
    &["load", "store", "swap", "compare_exchange", "fetch_add", "fence", "compiler_fence"];

/// Functions that stand for one access or fence at their caller, and the tag of an access, which is not at the caller.
const CALLS: &[(&str, &str, &str, Option<&str>)] = &[
    ("light", "fence", "SeqCst", None),
    ("full", "fence", "SeqCst", None),
    ("heavy", "fence", "SeqCst", None),
    ("remote", "fence", "Remote", None),
    ("current", "load", "Acquire", Some("period")),
];

/// A call of an operation, or of a function that stands for one.
struct Call {
    /// From 0.
    line: usize,
    operation: &'static str,
    /// The name in [`CALLS`].
    called: Option<&'static str>,
    /// The path or receiver before the parenthesis, with the operation.
    callee: String,
    /// Those among the arguments themselves, each with its place in [`Source::code`].
    orderings: Vec<(usize, String)>,
}

impl Call {
    /// How many orderings the operation takes.
    fn takes(&self) -> usize {
        match (self.called, self.operation) {
            (Some(_), _) => 0,
            (None, "compare_exchange") => 2,
            (None, _) => 1,
        }
    }
}

/// All that a fence can be weakened to.
pub const WEAKER_FENCES: &[&str] = &["Release", "Acquire", "Relaxed"];

impl Site {
    /// What the environment has to say to have this one weakened.
    pub fn mutant(&self, to: &str) -> String {
        format!("{}:{}:{}:{to}", self.file, self.line, self.operation)
    }

    /// The tags in the comment above.
    pub fn tags(&self) -> Vec<String> {
        let elsewhere = CALLS.iter().find(|call| Some(call.0) == self.called);
        match elsewhere.and_then(|call| call.3) {
            Some(tag) => vec![tag.to_owned()],
            None => tags(&self.comment),
        }
    }

    /// Whether this is a fence.
    pub fn is_fence(&self) -> bool {
        self.operation.ends_with("fence")
    }

    /// What it can be weakened to: an access one step at a time, a fence to each side alone, and to none: that
    /// is what a Relaxed one is.
    pub fn weaker(&self) -> &'static [&'static str] {
        match self.ordering.as_str() {
            "AcqRel" => &["Acquire", "Release"],
            "SeqCst" => WEAKER_FENCES,
            "Relaxed" => &[],
            _ => &["Relaxed"],
        }
    }
}

/// `module::function operation`, and which of several.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = self.file.split_once("/src/").map_or(self.file.as_str(), |(_, inside)| inside);
        let module = module.strip_suffix(".rs").unwrap_or(module).replace('/', "::");
        write!(f, "`{module}::{}` {}", self.function, self.operation)?;
        if self.nth > 0 { write!(f, " {}", self.nth + 1) } else { Ok(()) }
    }
}

/// The words in brackets that look like ordering tags. The name of a marked step is none.
pub fn tags(text: &str) -> Vec<String> {
    let openings = text.match_indices('[').filter(|&(at, _)| !text[..at].ends_with("Step "));
    let openings = openings.map(|(at, _)| &text[at + 1..]);
    let words = openings.filter_map(|rest| rest.split_once(']')).flat_map(|(inside, _)| inside.split(", "));
    let is_tag =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    words.filter(is_tag).map(str::to_owned).collect()
}

/// The sources whose orderings are checked: all but the door to `std` and `loom`.
pub fn sources() -> Vec<Source> {
    let root = root();
    let mut files = Vec::new();
    for folder in ["rcu-core/src", "debug-tables/src"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let relative = |file: &Path| file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    let sources =
        files.iter().map(|file| Source::new(&relative(file), &std::fs::read_to_string(file).unwrap()));
    let is_door = |path: &str| path == "rcu-core/src/sync.rs" || path.starts_with("rcu-core/src/sync/");
    sources.filter(|source| !is_door(&source.path)).collect()
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A line without its comment. Two slashes in a string are none.
pub fn code(line: &str) -> &str {
    let (mut in_string, mut before) = (false, ' ');
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' && before != '\'' => in_string = !in_string,
            '/' if before == '/' && !in_string => return line[..at - 1].trim(),
            _ => {}
        }
        before = if (before, c) == ('\\', '\\') { ' ' } else { c };
    }
    line.trim()
}

/// Whether this can be part of a name.
fn in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the word stands in the text, whole.
fn word_places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| !text[..at].ends_with(in_name) && !text[at + word.len()..].starts_with(in_name))
}

/// The text of a line that is a comment.
pub fn comment(line: &str) -> Option<&str> {
    let text = line.trim().strip_prefix("//")?;
    Some(text.trim_start_matches(['/', '!']).trim())
}

fn function_name(line: &str) -> Option<&str> {
    let (before, rest) = code(line).split_once("fn ")?;
    let is_item = before
        .split(' ')
        .all(|word| word.is_empty() || word.starts_with("pub") || ["const", "unsafe"].contains(&word));
    let name = rest.split(|c: char| !in_name(c)).next()?;
    (is_item && !name.is_empty()).then_some(name)
}

impl Source {
    /// A file with this text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    /// The lines before the unit tests: before a module that is for tests only. A single function for tests ends nothing.
    pub fn shipped(&self) -> &[String] {
        let tests =
            self.lines.windows(2).position(|two| two[0] == "#[cfg(test)]" && two[1].starts_with("mod "));
        &self.lines[..tests.unwrap_or(self.lines.len())]
    }

    /// Every access and fence.
    pub fn sites(&self) -> Vec<Site> {
        let mut sites: Vec<Site> = Vec::new();
        let (mut function, mut declared) = ("", 0);
        let mut calls = self.calls().into_iter().peekable();
        for (index, line) in self.shipped().iter().enumerate() {
            if let Some(name) = function_name(line) {
                (function, declared) = (name, index);
            }
            while let Some(call) = calls.next_if(|call| call.line == index) {
                let by_name = CALLS.iter().find(|by_name| Some(by_name.0) == call.called);
                let orderings = call.orderings.into_iter().map(|(_, ordering)| ordering);
                let orderings = by_name.map(|by_name| by_name.2.to_owned()).into_iter().chain(orderings);
                for (operation, ordering) in [call.operation, "failure"].into_iter().zip(orderings) {
                    let like = |site: &&Site| site.function == function && site.operation == operation;
                    let nth = sites.iter().filter(like).count();
                    sites.push(Site {
                        file: self.path.clone(),
                        function: function.to_owned(),
                        operation,
                        nth,
                        ordering,
                        line: index + 1,
                        comment: self.comment_above(index),
                        called: call.called,
                        at_caller: self.attributes_above(declared).contains("track_caller"),
                    });
                }
            }
        }
        sites
    }

    /// The shipped lines without comments in one text, and where each begins in it.
    fn code(&self) -> (String, Vec<usize>) {
        let (mut text, mut starts) = (String::new(), Vec::new());
        for line in self.shipped() {
            starts.push(text.len());
            text += code(line);
            text.push('\n');
        }
        (text, starts)
    }

    /// Every call by the name of an operation or of a function that stands for one, line by line.
    fn calls(&self) -> Vec<Call> {
        let (text, starts) = self.code();
        let by_name = CALLS.iter().map(|&(name, operation, ..)| (name, operation, Some(name)));
        let all = by_name.chain(OPERATIONS.iter().map(|&operation| (operation, operation, None)));
        let mut calls = Vec::new();
        for (name, operation, called) in all {
            for at in word_places(&text, name) {
                let arguments = at + name.len() + 1;
                if !text[..arguments].ends_with('(') || text[..at].ends_with("fn ") {
                    continue;
                }
                calls.push(Call {
                    line: starts.partition_point(|&start| start <= at) - 1,
                    operation,
                    called,
                    callee: format!("{}{name}", receiver(&text[..at])),
                    orderings: if called.is_some() { Vec::new() } else { orderings(&text, arguments) },
                });
            }
        }
        calls.sort_by_key(|call| call.line);
        calls
    }

    /// The comment above the statement of which this line is part.
    fn comment_above(&self, mut index: usize) -> String {
        while index > 0 && comment(&self.lines[index - 1]).is_none() {
            let above = code(&self.lines[index - 1]);
            let begins_function = function_name(above).is_some() || above == ") {";
            let part_of_function =
                above.starts_with("#[") || function_name(code(&self.lines[index])).is_some();
            if above.is_empty()
                || (above.ends_with([';', '{', '}', ',']) && !begins_function && !part_of_function)
            {
                return String::new();
            }
            index -= 1;
        }
        let block = self.lines[..index].iter().rev().map_while(|line| comment(line));
        block.collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(" ")
    }

    fn attributes_above(&self, index: usize) -> String {
        let above = self.lines[..index].iter().rev().take_while(|line| line.trim().starts_with("#["));
        above.cloned().collect()
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// The last name before the operation, and what joins them.
fn receiver(before: &str) -> &str {
    let name = before.trim_end_matches(['.', ':']);
    let begins = name.rfind(|c| !in_name(c)).map_or(0, |at| at + 1);
    &before[begins..]
}

/// The orderings among the arguments that begin here, and not inside one.
fn orderings(text: &str, from: usize) -> Vec<(usize, String)> {
    let (mut open, mut found) = (0, Vec::new());
    for (at, c) in text[from..].char_indices() {
        let here = &text[from + at..];
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' if open == 0 => break,
            ')' | ']' | '}' => open -= 1,
            'O' if open == 0 && !text[..from + at].ends_with(in_name) => {
                found.extend(here.strip_prefix("Ordering::").map(|rest| (from + at, word(rest))));
            }
            _ => {}
        }
    }
    found
}
