//! What is reported: one row for a figure, as CSV and as Markdown.

use std::fmt::Write as _;

/// A figure.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which job.
    pub job: &'static str,
    /// Who did it.
    pub subject: &'static str,
    /// Which variant of the job: a number of entries, or a name.
    pub variant: String,
    /// How many threads did it at once.
    pub threads: usize,
    /// How much it took.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
}

/// The rows as a file.
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from("job,subject,variant,threads,value,unit\n");
    for Row { job, subject, variant, threads, value, unit } in rows {
        writeln!(text, "{job},{subject},{variant},{threads},{value:.3},{unit}").expect("a string grows");
    }
    text
}

/// The rows as a table for each job: a line for each subject and number of threads, a column for each variant.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for of_job in rows.chunk_by(|one, other| one.job == other.job) {
        let variants = distinct(of_job.iter().map(|row| &row.variant));
        write!(text, "\n| {}, {} |", of_job[0].job, of_job[0].unit).expect("a string grows");
        for variant in &variants {
            write!(text, " {variant} |").expect("a string grows");
        }
        text += "\n|---|";
        text += &"---:|".repeat(variants.len());
        for (subject, threads) in distinct(of_job.iter().map(|row| (row.subject, row.threads))) {
            write!(text, "\n| {subject}").expect("a string grows");
            if threads > 1 {
                write!(text, ", {threads} threads").expect("a string grows");
            }
            text += " |";
            for &variant in &variants {
                let same =
                    |row: &&Row| (row.subject, row.threads, &row.variant) == (subject, threads, variant);
                match of_job.iter().find(same) {
                    Some(row) => write!(text, " {:.2} |", row.value).expect("a string grows"),
                    None => text += " |",
                }
            }
        }
        text.push('\n');
    }
    text
}

/// Each once, where it comes first.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |subject, variant: &str, threads, value| Row {
            job: "a-job",
            subject,
            variant: variant.to_string(),
            threads,
            value,
            unit: "ns/op",
        };
        vec![
            row("ours", "8", 1, 1.5),
            row("theirs", "8", 1, 2.0),
            row("ours", "1000", 1, 3.0),
            row("ours", "8", 2, 0.75),
        ]
    }

    #[test]
    fn a_csv_file_has_a_line_for_each_figure() {
        let lines = csv(&rows());
        assert!(lines.starts_with("job,subject,variant,threads,value,unit\na-job,ours,8,1,1.500,ns/op\n"));
        assert_eq!(lines.lines().count(), 5);
    }

    #[test]
    fn a_table_has_its_columns_and_lines_in_the_order_of_the_figures() {
        let table = "
| a-job, ns/op | 8 | 1000 |
|---|---:|---:|
| ours | 1.50 | 3.00 |
| theirs | 2.00 | |
| ours, 2 threads | 0.75 | |
";
        assert_eq!(markdown(&rows()), table);
    }
}
