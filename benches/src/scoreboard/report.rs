//! What is reported: one row for a figure. Rows are written to a CSV file as they come, and read from one; tables, targets and plots
//! are made of them.

pub mod csv;
pub mod markdown;
pub mod plots;
pub mod targets;

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// In which process it was measured, from 1.
    pub process: usize,
    /// Which job.
    pub job: String,
    /// Who did it.
    pub subject: String,
    /// In which of its ways; empty if there is one.
    pub variant: String,
    /// Which case of the job: a number of entries, or a name.
    pub case: String,
    /// How many threads did it at once.
    pub threads: usize,
    /// Which figure of the job: most have the median alone.
    pub measure: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
}

impl Row {
    /// Whether it is the same figure, perhaps of another process.
    fn is_same(&self, other: &Self) -> bool {
        fn key(row: &Row) -> ([&str; 5], usize) {
            let Row { job, subject, variant, case, measure, threads, .. } = row;
            ([job, subject, variant, case, measure], *threads)
        }
        key(self) == key(other)
    }
}

/// What several processes found: the median, the least and the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied();
        Some(Self { least: at(0)?, median: at(figures.len() / 2)?, most: *figures.last()? })
    }
}

/// One row for each figure, with the median of all processes as its value, in the order in which they come first.
pub fn medians(rows: &[Row]) -> Vec<Row> {
    let mut all: Vec<(Row, Vec<f64>)> = Vec::new();
    for row in rows {
        match all.iter_mut().find(|(first, _)| first.is_same(row)) {
            Some((_, values)) => values.push(row.value),
            None => all.push((row.clone(), vec![row.value])),
        }
    }
    let median = |(mut row, values): (Row, Vec<f64>)| {
        row.value = Spread::of(values)?.median;
        Some(row)
    };
    all.into_iter().filter_map(median).collect()
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
