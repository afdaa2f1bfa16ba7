//! Rows as lines of a CSV file. No name has a comma in it, so nothing is quoted.

use super::Row;

/// The first line of a file.
pub const HEADER: &str = "process,job,subject,variant,case,threads,measure,value,unit";

/// A row as a line.
pub fn line(row: &Row) -> String {
    let Row { process, job, subject, variant, case, threads, measure, value, unit } = row;
    let line = format!("{process},{job},{subject},{variant},{case},{threads},{measure},{value:.4},{unit}");
    assert_eq!(line.split(',').count(), HEADER.split(',').count(), "a name has a comma: {line}");
    line
}

/// The row of a line; none if it is not one, as the first of a file is not.
pub fn row(line: &str) -> Option<Row> {
    let fields: Vec<_> = line.split(',').map(str::to_string).collect();
    let [process, job, subject, variant, case, threads, measure, value, unit] = fields.try_into().ok()?;
    let (process, threads, value) = (process.parse().ok()?, threads.parse().ok()?, value.parse().ok()?);
    Some(Row { process, job, subject, variant, case, threads, measure, value, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let row = Row {
            process: 2,
            job: "a-job".into(),
            subject: "ours".into(),
            variant: String::new(),
            case: "pair at 0".into(),
            threads: 1,
            measure: "median".into(),
            value: 1.5,
            unit: "ns".into(),
        };
        assert_eq!(line(&row), "2,a-job,ours,,pair at 0,1,median,1.5000,ns");
        assert_eq!(super::row(&line(&row)), Some(row));
        assert_eq!(super::row(HEADER), None);
        assert_eq!(super::row("2,a-job,ours"), None, "a line that was cut off");
    }
}
