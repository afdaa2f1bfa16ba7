//! Pictures of what was measured, as SVG: how readers and updaters scale, how latencies are distributed, what tables cost by size.
//! Every axis begins at zero, or says that it is logarithmic.

mod chart;

use std::error::Error;
use std::path::Path;

use super::{Row, distinct};
use chart::{Axis, Chart, Line};

/// Draws what there are rows for.
pub fn draw(rows: &[Row], folder: &Path) -> Result<(), Box<dyn Error>> {
    let rows = Rows(rows);
    for (name, chart) in rows.charts() {
        if chart.has_points() {
            chart.draw(&folder.join(name))?;
        }
    }
    Ok(())
}

/// Which rows a line is drawn from.
type Picked<'a> = dyn Fn(&Row) -> bool + 'a;

struct Rows<'a>(&'a [Row]);

impl Rows<'_> {
    fn charts(&self) -> Vec<(&'static str, Chart)> {
        let mut charts = vec![
            (
                "readers.svg",
                Chart {
                    title: "A section and a load: millions a second, all threads together".to_string(),
                    x: Axis::counted("threads"),
                    y: Axis::logarithmic("million sections a second"),
                    lines: self.scaling("read", "pair at 0", |row| row.threads as f64 * 1e3 / row.value),
                },
            ),
            (
                "synchronize.svg",
                Chart {
                    title: "synchronize() beside a running reader, all threads together".to_string(),
                    x: Axis::counted("threads that wait for a grace period"),
                    y: Axis::logarithmic("thousand calls a second"),
                    lines: self.scaling("sync-concurrent", "one running", |row| 1e6 / row.value),
                },
            ),
            (
                "enqueue.svg",
                Chart {
                    title: "Handing a value over: millions a second, all threads together".to_string(),
                    x: Axis::counted("threads that retire"),
                    y: Axis::from_zero("million values a second"),
                    lines: self.scaling("enqueue", "value", |row| row.threads as f64 * 1e3 / row.value),
                },
            ),
        ];
        for (name, job, title) in [
            ("latency-synchronize.svg", "sync-busy", "synchronize() beside a running reader"),
            ("latency-callback.svg", "lone-callback", "A lone callback, from call to run"),
            ("latency-barrier.svg", "barrier", "A callback, and a barrier that waits for it"),
        ] {
            charts.push((name, self.latency(job, title)));
        }
        for (name, job, title) in [
            ("tables-miss.svg", "bp-miss", "Is there a breakpoint? There is none"),
            ("tables-hit.svg", "bp-hit", "Is there a breakpoint? There is one"),
            ("tables-watch.svg", "wp-miss", "Does a watchpoint stop at an access? None does"),
            ("tables-update.svg", "table-update", "A breakpoint inserted, another removed: each of the two"),
        ] {
            charts.push((name, self.sizes(job, title)));
        }
        charts
    }

    /// A line for each subject in each of its ways.
    fn lines(&self, picked: &Picked<'_>, point: impl Fn(&Row) -> Option<(f64, f64)>) -> Vec<Line> {
        let rows: Vec<_> = self.0.iter().filter(|row| picked(row)).collect();
        let of = |(subject, variant): (&String, &String)| {
            let same = rows.iter().filter(|row| (&row.subject, &row.variant) == (subject, variant));
            let mut points: Vec<_> = same.filter_map(|row| point(row)).collect();
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            Line { name: format!("{subject} {variant}").trim().to_string(), points }
        };
        let subjects = distinct(rows.iter().map(|row| (&row.subject, &row.variant)));
        subjects.into_iter().map(of).filter(|line| !line.points.is_empty()).collect()
    }

    /// By number of threads.
    fn scaling(&self, job: &str, case: &str, rate: impl Fn(&Row) -> f64) -> Vec<Line> {
        let picked = |row: &Row| {
            row.job == job && row.case == case && row.measure == "median" && row.variant != "program"
        };
        self.lines(&picked, |row| Some((row.threads as f64, rate(row))))
    }

    /// By the fraction of all that took no longer.
    fn latency(&self, job: &str, title: &str) -> Chart {
        let first = self.0.iter().find(|row| row.job == job).map(|row| row.case.clone());
        let case = first.unwrap_or_default();
        let percent = |row: &Row| match row.measure.as_str() {
            "median" => Some(50.0),
            measure => measure.strip_prefix('p')?.parse().ok(),
        };
        let picked = |row: &Row| row.job == job && row.case == case;
        Chart {
            title: format!("{title} ({case})"),
            x: Axis::from_zero("percent of all that took no longer"),
            y: Axis::logarithmic("microseconds"),
            lines: self.lines(&picked, |row| Some((percent(row)?, row.value / 1e3))),
        }
    }

    /// By number of entries.
    fn sizes(&self, job: &str, title: &str) -> Chart {
        Chart {
            title: title.to_string(),
            x: Axis::logarithmic("entries in the table"),
            y: Axis::logarithmic("nanoseconds"),
            lines: self.lines(&|row| row.job == job, |row| Some((row.case.parse().ok()?, row.value))),
        }
    }
}
