//! The built-in guest: its computation, its agreement with itself on many harts, and how it ends.

use std::thread;

use hartbreak::cpu::{A0, A7, Hart, Step, Unwatched};
use hartbreak::elf::Image;
use hartbreak::guest::{CLEAR_TRIGGER, ELF, EXECUTE, EXIT, SET_TRIGGER, SLOT, WRITE, checksum};
use hartbreak::ram::{DEFAULT_SIZE, Ram};

use crate::alone::alone;

/// Instructions after which a hart should have ended long ago; those it spins for the lock included.
const BUDGET: u64 = 200_000_000;

struct Guest {
    ram: Ram,
    image: Image<'static>,
}

impl Guest {
    fn new() -> Self {
        let guest = Self { ram: Ram::new(DEFAULT_SIZE).unwrap(), image: Image::parse(ELF).unwrap() };
        guest.image.load(&guest.ram).unwrap();
        guest
    }

    fn addr(&self, name: &str) -> u32 {
        self.image.symbol(name).unwrap().addr
    }

    fn word(&self, name: &str) -> u32 {
        self.ram.read_u32(self.addr(name)).unwrap()
    }

    fn slot(&self, name: &str, hart: u32) -> u32 {
        self.ram.read_u32(self.addr(name) + hart * SLOT).unwrap()
    }

    fn set(&self, name: &str, value: u32) {
        self.ram.write_u32(self.addr(name), value).unwrap();
    }

    /// Runs one hart to its end; gives its checksum, and the other services it asked for, with a0 and a1.
    fn run(&self, id: u32) -> (u32, Vec<[u32; 3]>) {
        let mut hart = Hart::new(id, self.image.entry());
        let mut services = Vec::new();
        while hart.retired() < BUDGET {
            match hart.step(&self.ram, &mut Unwatched) {
                Step::Retired { .. } if hart.retired() % 4096 == 0 => thread::yield_now(),
                Step::Retired { .. } => {}
                Step::Ecall if hart.register(A7) == EXIT => return (hart.register(A0), services),
                Step::Ecall => services.push([A7, A0, A0 + 1].map(|number| hart.register(number))),
                other => panic!("hart {id}: {other:?}"),
            }
        }
        panic!("hart {id} did not end: counter {}", self.slot("counters", id));
    }

    fn run_together(&self, harts: u32) -> Vec<u32> {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..harts).map(|id| scope.spawn(move || self.run(id).0)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn assert_counters(&self, sum: u32) {
        let counters = ["amo_counter", "sc_counter", "shared_counter"].map(|name| self.word(name));
        assert_eq!(counters, [sum; 3]);
    }
}

#[test]
fn a_lone_hart_computes_what_the_host_computes() {
    let _alone = alone();
    let guest = Guest::new();
    guest.set("rounds_limit", 50);
    let (sum, services) = guest.run(0);
    assert_eq!(sum, checksum(0, 50));
    assert_eq!(guest.slot("checksums", 0), sum);
    guest.assert_counters(50);
    let [[WRITE, 1, text]] = services[..] else { panic!("{services:?}") };
    assert_eq!(guest.ram.read_bytes(text, 6).unwrap(), b"guest:");
}

#[test]
fn four_harts_agree_with_lone_harts_and_lose_no_count() {
    let _alone = alone();
    const ROUNDS: u32 = 300;
    let together = Guest::new();
    together.set("rounds_limit", ROUNDS);
    let sums = together.run_together(4);
    together.assert_counters(4 * ROUNDS);
    for (id, sum) in (0..4).zip(sums) {
        let lone = Guest::new();
        lone.set("rounds_limit", ROUNDS);
        assert_eq!(sum, lone.run(id).0, "hart {id}");
        assert_eq!(together.slot("counters", id), ROUNDS);
    }
}

#[test]
fn sixteen_harts_have_stacks_of_their_own() {
    let _alone = alone();
    let guest = Guest::new();
    guest.set("rounds_limit", 20);
    let expected: Vec<u32> = (0..16).map(|id| checksum(id, 20)).collect();
    assert_eq!(guest.run_together(16), expected);
    guest.assert_counters(16 * 20);
}

#[test]
fn the_stop_flag_ends_harts_after_a_whole_round() {
    let _alone = alone();
    let guest = Guest::new();
    thread::scope(|scope| {
        let harts = scope.spawn(|| guest.run_together(2));
        for _ in 0..1_000_000 {
            if (0..2).all(|id| guest.slot("counters", id) >= 3) {
                break;
            }
            thread::yield_now();
        }
        guest.set("stop_flag", 1);
        let sums = harts.join().unwrap();
        assert_eq!(sums, [0, 1].map(|id| checksum(id, guest.slot("counters", id))));
    });
    guest.assert_counters((0..2).map(|id| guest.slot("counters", id)).sum());
}

#[test]
fn a_hart_sets_and_clears_its_own_trigger_when_told() {
    let _alone = alone();
    for (word, service) in [(1, SET_TRIGGER), (2, CLEAR_TRIGGER)] {
        let guest = Guest::new();
        guest.set("rounds_limit", 2);
        guest.ram.write_u32(guest.addr("use_trigger") + 4 * 5, word).unwrap();
        let (sum, services) = guest.run(5);
        assert_eq!(services, [[service, guest.addr("tock"), EXECUTE]]);
        assert_eq!(guest.ram.read_u32(guest.addr("use_trigger") + 4 * 5).unwrap(), 0);
        assert_eq!(sum, checksum(5, 2), "a trigger does not change the computation");
    }
}

#[test]
fn rare_is_called_only_when_poked() {
    let _alone = alone();
    for (poke, calls) in [(0, 0), (1, 3)] {
        let guest = Guest::new();
        guest.set("rounds_limit", 3);
        guest.set("poke_rare", poke);
        let mut hart = Hart::new(1, guest.image.entry());
        let targets = ["rare", "tick", "tock"].map(|name| guest.addr(name));
        let mut seen = [0; 3];
        while hart.step(&guest.ram, &mut Unwatched) != Step::Ecall {
            assert!(hart.retired() < BUDGET);
            for (count, target) in seen.iter_mut().zip(targets) {
                *count += u32::from(hart.pc() == target);
            }
        }
        assert_eq!(seen, [calls, 3, 3]);
    }
}
