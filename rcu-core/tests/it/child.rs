//! Tests whose subject ends the process run in a child: the same binary, told to run one test.

use std::process::{Command, Output};

/// Set in the child.
const CHILD: &str = "RCU_CORE_TEST_CHILD";

/// Runs `body` in a child process that runs the test of this name only, and returns how that ended.
///
/// In the child itself this does not return.
pub fn in_child(test: &str, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some() {
        body();
        std::process::exit(0);
    }
    let own = std::env::current_exe().expect("a test binary has a path");
    let output = Command::new(own).args(["--exact", "--nocapture", test]).env(CHILD, "1").output();
    let output = output.expect("the child runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("running 1 test"), "the child did not find the test {test}");
    output
}

/// Asserts that the child's test passed.
pub fn assert_passed(output: &Output) {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{stdout}{stderr}");
}

/// Asserts that the child aborted, and what it said.
pub fn assert_aborted(output: &Output, message: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the child should have aborted; it said: {stderr}");
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "it said: {stderr}");
    }
    assert!(stderr.contains(message), "expected {message:?} in: {stderr}");
}
