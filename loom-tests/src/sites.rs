//! Finds, in the text of the sources, every atomic access and fence: what it is, in which function, and the comment above.
//!
//! A reader of lines, not a parser. It relies on how rustfmt lays out code, and on comments that stand on their own lines.
//! What it finds is addressed by file, function, operation and place among its like, which survives edits elsewhere.

use std::fmt;
use std::path::{Path, PathBuf};

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
    ("light()", "fence", "SeqCst", None),
    ("full()", "fence", "SeqCst", None),
    ("heavy()", "fence", "SeqCst", None),
    ("current()", "load", "Acquire", Some("period")),
];

impl Site {
    /// What the environment has to say to have this one weakened.
    pub fn mutant(&self, to: &str) -> String {
        format!("{}:{}:{}:{to}", self.file, self.line, self.operation)
    }

    /// The tags in the comment above.
    pub fn tags(&self) -> Vec<String> {
        let elsewhere = CALLS.iter().find(|call| Some(&call.0[..call.0.len() - 2]) == self.called);
        match elsewhere.and_then(|call| call.3) {
            Some(tag) => vec![tag.to_owned()],
            None => tags(&self.comment),
        }
    }

    /// Whether this is a fence.
    pub fn is_fence(&self) -> bool {
        self.operation.ends_with("fence")
    }

    /// What it can be weakened to, one step at a time.
    pub fn weaker(&self) -> &'static [&'static str] {
        match self.ordering.as_str() {
            "AcqRel" => &["Acquire", "Release"],
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

/// The words in brackets that look like ordering tags.
pub fn tags(text: &str) -> Vec<String> {
    let openings = text.match_indices('[').map(|(at, _)| &text[at + 1..]);
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

/// A line without its comment.
pub fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default().trim()
}

fn comment(line: &str) -> Option<&str> {
    let text = line.trim().strip_prefix("//")?;
    Some(text.trim_start_matches(['/', '!']).trim())
}

fn function_name(line: &str) -> Option<&str> {
    let (before, rest) = code(line).split_once("fn ")?;
    let is_item = before
        .split(' ')
        .all(|word| word.is_empty() || word.starts_with("pub") || ["const", "unsafe"].contains(&word));
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (is_item && !name.is_empty()).then_some(name)
}

impl Source {
    /// A file with this text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    /// The lines before the unit tests.
    pub fn shipped(&self) -> &[String] {
        let tests = self.lines.iter().position(|line| line.trim() == "#[cfg(test)]");
        &self.lines[..tests.unwrap_or(self.lines.len())]
    }

    /// Every access and fence.
    pub fn sites(&self) -> Vec<Site> {
        let mut sites: Vec<Site> = Vec::new();
        let (mut function, mut declared) = ("", 0);
        for (index, line) in self.shipped().iter().enumerate() {
            if let Some(name) = function_name(line) {
                (function, declared) = (name, index);
                continue;
            }
            for (operation, ordering, called) in self.on_line(index) {
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
                    called,
                    at_caller: self.attributes_above(declared).contains("track_caller"),
                });
            }
        }
        sites
    }

    /// The operations that begin on this line, with their orderings, which may stand further down.
    fn on_line(&self, index: usize) -> Vec<(&'static str, String, Option<&'static str>)> {
        let line = code(&self.lines[index]);
        let mut found = Vec::new();
        for &(call, operation, ordering, _) in CALLS {
            let before = |at: usize| line[..at].chars().next_back();
            if line.find(call).is_some_and(|at| before(at).is_none_or(|c| !c.is_alphanumeric() && c != '_')) {
                found.push((operation, ordering.to_owned(), Some(&call[..call.len() - 2])));
            }
        }
        for &operation in OPERATIONS {
            for (at, name) in line.match_indices(&format!("{operation}(")) {
                if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let rest = line[at + name.len()..].to_owned();
                let call = self.lines[index + 1..].iter().fold(rest, |call, line| call + code(line));
                let mut orderings = in_parentheses(&call).split("Ordering::").skip(1).map(word);
                found.extend(orderings.next().map(|ordering| (operation, ordering, None)));
                found.extend(orderings.next().map(|ordering| ("failure", ordering, None)));
            }
        }
        found
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

/// The text up to the parenthesis that closes what was opened before it.
fn in_parentheses(text: &str) -> &str {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &text[..at];
        }
    }
    text
}
