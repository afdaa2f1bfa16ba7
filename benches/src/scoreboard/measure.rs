//! Measuring: all entrants of a job in turn, many times. What disturbs the machine then disturbs them alike, whether they are
//! two subjects or two variants of one.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each entrant has its turn. Before the first there is one that does not count, unless there is one turn only.
    pub turns: usize,
    /// How long a turn lasts, at least; zero if what it does says so.
    pub turn: Duration,
}

impl Effort {
    /// So many turns of so many microseconds.
    pub const fn new(turns: usize, microseconds: u64) -> Self {
        Self { turns, turn: Duration::from_micros(microseconds) }
    }
}

/// What an entrant found in its turns: a list of figures for each quantity of its job.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Vec<f64>>);

impl Samples {
    /// Adds a figure of a quantity of the job.
    pub fn push(&mut self, quantity: usize, figure: f64) {
        if self.0.len() <= quantity {
            self.0.resize(quantity + 1, Vec::new());
        }
        self.0[quantity].push(figure);
    }

    /// Adds what an operation took, in nanoseconds, to the first quantity.
    pub fn took(&mut self, operations: u64, took: Duration) {
        self.push(0, nanoseconds(took) / operations as f64);
    }

    /// The figure that a fraction of the others are under; none if the entrant has no such quantity.
    pub fn quantile(&self, quantity: usize, fraction: f64) -> Option<f64> {
        let mut sorted = self.0.get(quantity)?.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(((sorted.len().checked_sub(1)?) as f64 * fraction).round() as usize).copied()
    }
}

/// The work of one entrant: a turn of at least so long, and what it found.
pub type Work = Box<dyn FnMut(Duration, &mut Samples)>;

/// Lets each have its turns.
pub fn in_turns<'a>(effort: Effort, work: impl Iterator<Item = &'a mut Work>) -> Vec<Samples> {
    let mut measured: Vec<_> = work.map(|work| (work, Samples::default())).collect();
    for turn in 0..=effort.turns {
        for (work, samples) in &mut measured {
            let warms_up = turn == 0;
            if !warms_up {
                work(effort.turn, samples);
            } else if effort.turns > 1 {
                work(effort.turn, &mut Samples::default());
            }
        }
    }
    measured.into_iter().map(|(_, samples)| samples).collect()
}

/// Work that is a piece, which says how many operations it has and how long they took, over and over.
pub fn pieces(mut piece: impl FnMut() -> (u64, Duration) + 'static) -> Work {
    Box::new(move |turn, samples| {
        let (operations, took) = until(turn, &mut piece);
        samples.took(operations, took);
    })
}

/// Pieces, until they took that long.
pub fn until(turn: Duration, mut piece: impl FnMut() -> (u64, Duration)) -> (u64, Duration) {
    let (mut operations, mut took) = (0, Duration::ZERO);
    while took < turn {
        let (more, longer) = piece();
        operations += more;
        took += longer;
    }
    (operations, took)
}

/// Times operations that give a number, which is not thrown away.
pub fn timed<R>(operations: u64, work: impl FnOnce() -> R) -> (u64, Duration) {
    let begun = Instant::now();
    black_box(work());
    (operations, begun.elapsed())
}

/// As a figure.
pub fn nanoseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e9
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
            pieces(move || {
                visits.borrow_mut().push(name);
                (2, turn)
            })
        };
        let effort = Effort { turns: 2, turn: Duration::from_nanos(20) };
        let mut work = [visitor('a', Duration::from_nanos(20)), visitor('b', Duration::from_nanos(10))];
        let samples = in_turns(effort, work.iter_mut());
        let medians: Vec<_> = samples.iter().filter_map(|samples| samples.quantile(0, 0.5)).collect();
        assert_eq!(medians, [10.0, 5.0]);
        assert_eq!(*visits.borrow(), "abbabbabb", "the first turn is not counted");
    }

    #[test]
    fn a_quantile_is_one_of_the_figures() {
        let mut samples = Samples::default();
        (1..=101).rev().for_each(|figure| samples.push(1, f64::from(figure)));
        assert_eq!(samples.quantile(1, 0.5), Some(51.0));
        assert_eq!(samples.quantile(1, 0.99), Some(100.0));
        assert_eq!(samples.quantile(0, 0.5), None);
        assert_eq!(samples.quantile(2, 0.5), None);
    }
}
