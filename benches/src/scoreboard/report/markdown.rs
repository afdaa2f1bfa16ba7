//! Tables of what was measured.

use std::fmt::Write as _;

use super::{Row, distinct};

/// The rows as a table for each measure of each job: a line for each subject, in each way and with each number of threads, and a
/// column for each case. What only plots are drawn from is left out.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for job in distinct(rows.iter().map(|row| &row.job)) {
        let of_job: Vec<_> = rows.iter().filter(|row| row.job == *job).collect();
        for measure in distinct(of_job.iter().map(|row| &row.measure)) {
            if measure == "p99" || !measure.starts_with('p') {
                table(&mut text, of_job.iter().copied().filter(|row| row.measure == *measure));
            }
        }
    }
    text
}

fn table<'a>(text: &mut String, rows: impl Iterator<Item = &'a Row>) {
    let rows: Vec<_> = rows.collect();
    let cases = distinct(rows.iter().map(|row| &row.case));
    let Row { job, measure, unit, .. } = rows[0];
    let mut add = |piece: std::fmt::Arguments<'_>| text.write_fmt(piece).expect("a string grows");
    add(format_args!("\n| {job}: {measure}, {unit} |"));
    cases.iter().for_each(|case| add(format_args!(" {case} |")));
    add(format_args!("\n|---|{}", "---:|".repeat(cases.len())));
    for who in distinct(rows.iter().map(|row| (&row.subject, &row.variant, row.threads))) {
        let (subject, variant, threads) = who;
        add(format_args!("\n| {subject}"));
        if !variant.is_empty() {
            add(format_args!(" {variant}"));
        }
        if threads > 1 {
            add(format_args!(", {threads} threads"));
        }
        add(format_args!(" |"));
        for case in &cases {
            let same = |row: &&&Row| {
                (&row.subject, &row.variant, row.threads, &row.case) == (subject, variant, threads, case)
            };
            match rows.iter().find(same) {
                Some(row) => add(format_args!(" {} |", figure(row.value))),
                None => add(format_args!(" |")),
            }
        }
    }
    add(format_args!("\n"));
}

/// With as many digits as mean something.
fn figure(value: f64) -> String {
    let digits = match value {
        10_000.0.. => return grouped(value.round() as u64),
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// With commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_columns_and_lines_in_the_order_of_the_figures() {
        let row = |subject: &str, variant: &str, case: &str, threads, value| Row {
            process: 1,
            job: "a-job".into(),
            subject: subject.into(),
            variant: variant.into(),
            case: case.into(),
            threads,
            measure: "median".into(),
            value,
            unit: "ns".into(),
        };
        let rows = [
            row("ours", "thread", "8", 1, 1.5),
            row("theirs", "", "8", 1, 2.0),
            row("ours", "thread", "1000", 1, 12_345.6),
            row("ours", "thread", "8", 2, 0.75),
        ];
        let table = "
| a-job: median, ns | 8 | 1000 |
|---|---:|---:|
| ours thread | 1.50 | 12,346 |
| theirs | 2.00 | |
| ours thread, 2 threads | 0.75 | |
";
        assert_eq!(markdown(&rows), table);
    }
}
