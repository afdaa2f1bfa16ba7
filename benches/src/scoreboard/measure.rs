//! Measuring: all entrants of a job in turn, many times, and the median of each. What disturbs the machine then disturbs
//! them alike, whether they are two subjects or two variants of one; and a turn is shorter than a time slice, so that most turns pass when nothing does.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each entrant has its turn.
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

/// The work of one entrant: so many operations, and how long they took.
pub type Work = Box<dyn FnMut() -> (u64, Duration)>;

/// The median of each, in nanoseconds for an operation.
pub fn medians<'a>(effort: Effort, work: impl Iterator<Item = &'a mut Work>) -> Vec<f64> {
    let mut measured: Vec<_> = work.map(|work| (work, Vec::new())).collect();
    for turn in 0..=effort.turns {
        for (work, figures) in &mut measured {
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
    measured.into_iter().map(|(_, figures)| median(figures)).collect()
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn each_turn_visits_everybody() {
        let visits = Rc::new(RefCell::new(String::new()));
        let visitor = |name, turn: Duration| -> Work {
            let visits = visits.clone();
            Box::new(move || {
                visits.borrow_mut().push(name);
                (2, turn)
            })
        };
        let effort = Effort { turns: 2, turn: Duration::from_nanos(20) };
        let mut work = [visitor('a', Duration::from_nanos(20)), visitor('b', Duration::from_nanos(10))];
        assert_eq!(medians(effort, work.iter_mut()), [10.0, 5.0]);
        assert_eq!(*visits.borrow(), "abbabbabb", "the first turn is not counted");
    }
}
