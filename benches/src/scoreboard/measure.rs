//! Measuring: all subjects of a job in turn, many times, and the median of each. What disturbs the machine then disturbs
//! them alike; and a turn is shorter than a time slice, so that most turns pass when nothing does.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each subject has its turn.
    pub turns: usize,
    /// How long a turn lasts, at least.
    pub turn: Duration,
}

impl Effort {
    /// For figures to publish.
    pub const FULL: Self = Self { turns: 301, turn: Duration::from_micros(200) };
    /// For a look whether all works.
    pub const QUICK: Self = Self { turns: 15, turn: Duration::from_micros(200) };
}

/// One subject's work: so many operations, and how long they took.
pub type Work<'a> = Box<dyn FnMut() -> (u64, Duration) + 'a>;

/// The median of each subject, in nanoseconds for an operation.
pub fn medians(effort: Effort, mut subjects: Vec<Work<'_>>) -> Vec<f64> {
    let mut figures = vec![Vec::new(); subjects.len()];
    for turn in 0..=effort.turns {
        for (work, figures) in subjects.iter_mut().zip(&mut figures) {
            let (mut operations, mut took) = (0, Duration::ZERO);
            while took < effort.turn {
                let (more, longer) = work();
                operations += more;
                took += longer;
            }
            // The first turn warms up.
            if turn > 0 {
                figures.push(took.as_secs_f64() * 1e9 / operations as f64);
            }
        }
    }
    figures.into_iter().map(median).collect()
}

/// Times operations that give a number, which is not thrown away.
pub fn timed<R>(operations: usize, work: impl FnOnce() -> R) -> (u64, Duration) {
    let begun = Instant::now();
    black_box(work());
    (operations as u64, begun.elapsed())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
