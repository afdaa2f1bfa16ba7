//! A copy of what the models are built from, in which one file at a time says something else, and the `models` built from it.
//!
//! The copy is a workspace of its own, under `target`, with one folder for what the compiler makes: what a mutant costs is to
//! compile the libraries and the models once more, which takes a second or two.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::sites::root;

/// What is copied, beside the root's manifest.
const COPIED: &[&str] = &[
    "Cargo.lock",
    "rcu-core/src",
    "rcu-core/docs",
    "debug-tables/src",
    "debug-tables/docs",
    "loom-tests/Cargo.toml",
    "loom-tests/model.rs",
    "loom-tests/src",
    "loom-tests/rcu-core",
    "loom-tests/debug-tables",
];

/// See the module.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    /// How many were built. Held while the files say something else.
    built: Mutex<usize>,
}

impl Workspace {
    /// Copies the sources as they are now.
    pub fn new() -> Self {
        let folder = root().join("target/rewritten");
        let copy = folder.join("workspace");
        let executables = folder.join("executables");
        for old in [&copy, &executables] {
            if old.exists() {
                fs::remove_dir_all(old).expect("the folder is ours");
            }
        }
        fs::create_dir_all(executables).expect("the folder is ours");
        for part in COPIED {
            copy_all(&root().join(part), &copy.join(part));
        }
        let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
        fs::write(copy.join("Cargo.toml"), with_members(&manifest)).expect("the folder is ours");
        Self { folder, built: Mutex::new(0) }
    }

    /// Builds `models` with another text of this file, and returns where it is. An error is what the compiler said, or that it had
    /// nothing to do: an executable of another text would then be taken for one of this.
    pub fn build(&self, file: &str, text: &str) -> Result<PathBuf, String> {
        let mut built = self.built.lock().expect("no holder panics");
        let path = self.folder.join("workspace").join(file);
        let original = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        fs::write(&path, text).map_err(|error| format!("{file}: {error}"))?;
        let compiled = self.compile();
        fs::write(&path, original).map_err(|error| format!("{file}: {error}"))?;
        let package = format!("Compiling {}-loom ", file.split('/').next().unwrap_or(file));
        let said = compiled?;
        if !said.contains(&package) {
            return Err(format!("{file} was not compiled:\n{said}"));
        }
        *built += 1;
        let models = self.folder.join(format!("executables/models-{built}"));
        fs::copy(self.folder.join("target/debug/models"), &models).map_err(|error| error.to_string())?;
        Ok(models)
    }

    fn compile(&self) -> Result<String, String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Offline: what is needed is what this program was built from.
        cargo.args(["build", "--offline", "-p", "loom-tests", "--bin", "models", "--target-dir"]);
        cargo.arg(self.folder.join("target")).current_dir(self.folder.join("workspace"));
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "false").stdin(Stdio::null());
        let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

/// The manifest of a workspace that has the models and their sources only.
fn with_members(manifest: &str) -> String {
    let line = |line: &str| match line.starts_with("members = ") {
        true => r#"members = ["loom-tests", "loom-tests/rcu-core", "loom-tests/debug-tables"]"#.to_owned(),
        false => line.to_owned(),
    };
    manifest.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn copy_all(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder of the workspace") {
            let entry = entry.expect("a folder of the workspace");
            copy_all(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("the folder is ours");
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}
