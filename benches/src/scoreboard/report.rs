//! What is reported: one row for a figure, as CSV and as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A figure.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which job.
    pub job: &'static str,
    /// Who did it.
    pub subject: &'static str,
    /// What of the job was varied: the number of entries.
    pub variant: usize,
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

/// The rows as a table for each job: a line for each subject, a column for each variant.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for of_job in rows.chunk_by(|one, other| one.job == other.job) {
        let variants: BTreeSet<_> = of_job.iter().map(|row| row.variant).collect();
        write!(text, "\n| {}, {} |", of_job[0].job, of_job[0].unit).expect("a string grows");
        for variant in &variants {
            write!(text, " {variant} |").expect("a string grows");
        }
        text += "\n|---|";
        text += &"---:|".repeat(variants.len());
        let mut subjects: Vec<_> = of_job.iter().map(|row| (row.subject, row.threads)).collect();
        subjects.sort_unstable();
        subjects.dedup();
        for (subject, threads) in subjects {
            write!(text, "\n| {subject} |").expect("a string grows");
            for variant in &variants {
                let same =
                    |row: &&Row| (row.subject, row.threads, row.variant) == (subject, threads, *variant);
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
