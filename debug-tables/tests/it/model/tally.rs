//! How much of a history met something.

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub steps: u64,
    /// Steps that met an entry which was there.
    pub met: u64,
    pub changed: u64,
    pub refused: u64,
    pub queries: u64,
    pub hits: u64,
    pub longest: usize,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.met += other.met;
        self.changed += other.changed;
        self.refused += other.refused;
        self.queries += other.queries;
        self.hits += other.hits;
        self.longest = self.longest.max(other.longest);
    }

    /// A test that meets nothing shows nothing.
    pub fn assert_collisions(self) {
        let share = |part, whole| part as f64 / whole as f64;
        let met = share(self.met, self.steps);
        let changed = share(self.changed, self.steps);
        let refused = share(self.refused, self.steps);
        let hits = share(self.hits, self.queries);
        println!(
            "{} steps: {met:.2} met an entry, {changed:.2} changed a table, {refused:.2} were refused; {} queries: {hits:.2} hit; \
             {} entries at the most",
            self.steps, self.queries, self.longest
        );
        assert!(met > 0.4, "few steps met an entry");
        assert!(changed > 0.4, "few steps changed a table");
        assert!(refused > 0.05, "few steps were refused");
        assert!((0.2..0.9).contains(&hits), "the queries are one-sided");
    }
}
