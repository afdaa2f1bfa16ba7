//! Random steps of a history, made to collide: few addresses, at the edges of granules, of pages and of the address space, and
//! operands that are taken from the tables themselves.

use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::list::{CPU, GDB};
use super::{Draft, Item, Op};

/// How many CPUs there are.
pub const CPUS: usize = 3;
/// References are 1 up to this.
pub const REFERENCES: u64 = 8;

/// One step of a history of several CPUs. `watch`: of their watchpoints.
#[derive(Clone, Debug)]
pub enum Step {
    /// By the table's own call.
    One {
        cpu: usize,
        watch: bool,
        draft: Draft,
    },
    Update {
        cpu: usize,
        watch: bool,
        drafts: Vec<Draft>,
    },
    Inherit {
        cpu: usize,
        parent: usize,
        watch: bool,
        mask: u32,
    },
    /// By the set's own call, if it has one.
    All {
        watch: bool,
        draft: Draft,
    },
    UpdateAll {
        watch: bool,
        drafts: Vec<Draft>,
    },
    Clear {
        mask: u32,
    },
    /// Makes a CPU that is no member of the set one, with new tables or those that it left with; ends the membership of one that is.
    Toggle {
        cpu: usize,
        parent: Option<usize>,
        fresh: bool,
        mask: u32,
    },
}

/// Whether the tables become longer or shorter.
#[derive(Clone, Copy, Debug)]
pub enum Phase {
    Grow,
    Shrink,
}

const EDGES: [u64; 26] = [
    0,
    1,
    62,
    63,
    64,
    65,
    0xfff,
    0x1000,
    0x1001,
    0x103f,
    0x1040,
    0x1fff,
    0x2000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    (1 << 63) - 1,
    1 << 63,
    u64::MAX - 0x1000,
    u64::MAX - 0xfff,
    u64::MAX - 64,
    u64::MAX - 63,
    u64::MAX - 7,
    u64::MAX - 1,
    u64::MAX,
];

fn item(watch: bool) -> impl Strategy<Value = Item> {
    let addr = prop_oneof![
        4 => prop::sample::select(&EDGES[..]),
        3 => (0..48_u64).prop_map(|n| 0x8000_0f00 + 8 * n),
        1 => 0x8000_0000..0x8001_0000_u64,
    ];
    let len = if watch {
        prop_oneof![
            8 => prop::sample::select(&[1, 2, 4, 8][..]),
            4 => prop::sample::select(&[63, 64, 65, 0x1000, 0x1001][..]),
            1 => prop::sample::select(&[0, 1 << 63, u64::MAX][..]),
        ]
        .boxed()
    } else {
        Just(1).boxed()
    };
    let flags = prop_oneof![
        12 => prop::sample::select(&[GDB, CPU, GDB | 1, GDB | 2, GDB | 3, CPU | 1, CPU | 2, CPU | 3][..]),
        3 => prop::sample::select(&[0, 3, GDB | CPU, GDB | CPU | 3, GDB | 0x41, CPU | 0x84][..]),
        1 => prop::sample::select(&[GDB | 0x100, 0x08, 1 << 31][..]),
    ];
    let reference = prop::option::weighted(0.25, 1..=REFERENCES);
    (addr, len, flags, reference).prop_map(|(addr, len, flags, reference)| Item {
        addr,
        len,
        flags,
        reference,
    })
}

fn mask() -> impl Strategy<Value = u32> {
    prop::sample::select(&[GDB, CPU, GDB | CPU, 1, 0x40, 0, 0x100][..])
}

/// An operation on one table.
pub fn draft(watch: bool, phase: Phase) -> BoxedStrategy<Draft> {
    let (inserts, removals) = match phase {
        Phase::Grow => (240, 80),
        Phase::Shrink => (80, 240),
    };
    let op = prop_oneof![
        inserts => item(watch).prop_map(Op::Insert),
        removals => item(watch).prop_map(Op::Remove),
        24 => (1..=REFERENCES).prop_map(Op::RemoveByRef),
        1 => mask().prop_map(Op::RemoveAll),
    ];
    // Drawn at random alone, most removals would find nothing.
    (op, prop::option::weighted(0.8, 0..1_000_usize)).prop_map(|(op, pick)| Draft { op, pick }).boxed()
}

pub fn step(phase: Phase) -> BoxedStrategy<Step> {
    let of_one = any::<bool>().prop_flat_map(move |watch| (Just(watch), draft(watch, phase)));
    let of_many = any::<bool>()
        .prop_flat_map(move |watch| (Just(watch), prop::collection::vec(draft(watch, phase), 0..6)));
    let cpu = 0..CPUS;
    let parent = prop::option::weighted(0.8, 0..CPUS);
    prop_oneof![
        240 => (cpu.clone(), of_one.clone())
            .prop_map(|(cpu, (watch, draft))| Step::One { cpu, watch, draft }),
        48 => (cpu.clone(), of_many.clone())
            .prop_map(|(cpu, (watch, drafts))| Step::Update { cpu, watch, drafts }),
        3 => (cpu.clone(), cpu.clone(), any::<bool>(), mask())
            .prop_map(|(cpu, parent, watch, mask)| Step::Inherit { cpu, parent, watch, mask }),
        64 => of_one.prop_map(|(watch, draft)| Step::All { watch, draft }),
        24 => of_many.prop_map(|(watch, drafts)| Step::UpdateAll { watch, drafts }),
        1 => mask().prop_map(|mask| Step::Clear { mask }),
        8 => (cpu, parent, prop::bool::weighted(0.7), mask())
            .prop_map(|(cpu, parent, fresh, mask)| Step::Toggle { cpu, parent, fresh, mask }),
    ]
    .boxed()
}

/// Draws one value after another, the same ones for the same seed.
pub struct Random<T> {
    strategy: BoxedStrategy<T>,
    runner: TestRunner,
}

impl<T: std::fmt::Debug> Random<T> {
    pub fn new(strategy: BoxedStrategy<T>, seed: u64) -> Self {
        let mut bytes = [0x5a; 16];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes);
        Self { strategy, runner: TestRunner::new_with_rng(Config::default(), rng) }
    }

    pub fn next(&mut self) -> T {
        self.strategy.new_tree(&mut self.runner).expect("nothing is filtered").current()
    }
}
