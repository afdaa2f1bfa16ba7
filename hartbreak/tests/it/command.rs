//! The command as a process: last lines, errors, exit statuses; and that each sabotage fails the check it should.

use std::process::{Command, Output, Stdio};

use hartbreak::guest::ELF;

use crate::alone::alone;

fn run(arguments: &[&str]) -> Output {
    let _alone = alone();
    Command::new(env!("CARGO_BIN_EXE_hartbreak")).args(arguments).output().unwrap()
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

/// Exit status, and what was said on stderr.
fn status(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn assert_fails(sabotage: &str, check: &str) {
    let output = run(&["--seconds", "0.2", "--harts", "3", "--sabotage", sabotage]);
    assert_eq!(last_line(&output), format!("FAIL: {check}"), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn breakpoints_that_are_not_removed_fail_the_removal_check() {
    assert_fails("no-remove", "removal");
}

#[test]
fn a_grace_period_that_is_skipped_fails_its_check() {
    assert_fails("skip-grace-period", "grace period");
}

#[test]
fn invalidation_before_publication_fails_its_check() {
    assert_fails("invalidate-first", "invalidation");
}

#[test]
fn a_watchpoint_of_the_wrong_kind_fails_the_watchpoint_check() {
    assert_fails("wrong-kind", "watchpoints");
}

#[test]
fn a_late_hart_without_its_inheritance_fails_its_check() {
    assert_fails("lost-inherit", "inheritance");
}

#[test]
fn parking_the_harts_for_each_update_fails_the_check_of_running() {
    // With one processor no hart runs inside an update anyway, and that is not checked.
    if std::thread::available_parallelism().unwrap().get() > 1 {
        assert_fails("park", "updates while running");
    }
}

#[test]
fn a_closed_pipe_ends_the_process_quietly() {
    let _alone = alone();
    let mut scenario = Command::new(env!("CARGO_BIN_EXE_hartbreak"));
    scenario.args(["--seconds", "0.1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut scenario = scenario.spawn().unwrap();
    drop(scenario.stdout.take());
    assert_eq!(status(&scenario.wait_with_output().unwrap()), (Some(1), String::new()));
}

#[test]
fn a_passing_scenario_ends_in_one_exact_line_and_exits_with_zero() {
    let output = run(&["--seconds", "0.3", "--harts", "3"]);
    let line = last_line(&output);
    let numbers: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [harts, updates, hits, after] = numbers[..] else { panic!("{output:?}") };
    assert_eq!(
        line,
        format!("PASS: {harts} harts, {updates} updates while running, {hits} hits, {after} after removal")
    );
    assert_eq!((harts, after, output.status.code()), (3, 0, Some(0)));
}

#[test]
fn a_comparison_ends_in_one_line_for_each_kind_and_granularity() {
    let output = run(&["--compare", "none,rcu", "--harts", "1", "--seconds", "0.1"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("compare ")).collect();
    let starts = ["none insn 1 ", "rcu insn 1 ", "none block 1 ", "rcu block 1 "];
    assert_eq!(lines.len(), starts.len(), "{text}");
    for (line, start) in lines.iter().zip(starts) {
        let mips: f64 = line.strip_prefix(start).unwrap().parse().unwrap();
        assert!(mips > 0.0, "{line}");
    }
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_wrong_argument_is_an_error_of_usage() {
    let (code, error) = status(&run(&["--harts", "99"]));
    assert_eq!(code, Some(2));
    assert!(error.contains("--harts 99"), "{error}");
    let (code, error) = status(&run(&["--help"]));
    assert_eq!((code, error.as_str()), (Some(0), ""));
}

#[test]
fn a_file_that_is_no_guest_is_named_or_explained() {
    let (code, error) = status(&run(&["--guest", "/no/such/file"]));
    assert_eq!(code, Some(1));
    assert!(error.contains("/no/such/file"), "{error}");
    let (code, error) = status(&run(&["--guest", env!("CARGO_BIN_EXE_hartbreak")]));
    assert_eq!(code, Some(1));
    assert!(error.contains("32-bit"), "{error}");
}

#[test]
fn a_guest_that_faults_is_told_with_its_hart_and_address() {
    // The guest with its first instruction made illegal: the bytes of `csrr a0, mhartid`.
    let mut file = ELF.to_vec();
    let first = 0xf140_2573_u32.to_le_bytes();
    let at = file.windows(4).position(|bytes| bytes == first).unwrap();
    file[at..at + 4].fill(0);
    let path = std::env::temp_dir().join(format!("hartbreak-fault-{}.elf", std::process::id()));
    std::fs::write(&path, file).unwrap();
    for mode in [&["--guest"][..], &["--compare", "none", "--guest"][..]] {
        let output = run(&[mode, &[path.to_str().unwrap()]].concat());
        let (code, error) = status(&output);
        assert_eq!((code, last_line(&output).as_str()), (Some(1), "FAIL: guest"));
        // Every hart begins there; any of them may be seen first.
        assert!(error.contains("guest fault: hart "), "{error}");
        assert!(error.contains(" at pc 0x80000000: illegal instruction"), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
}
