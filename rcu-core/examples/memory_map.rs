//! A virtual machine's memory map: vCPUs look guest addresses up in a flat, sorted view, while regions are plugged and unplugged.
//!
//! The view is replaced as a whole. A region that is unplugged is gone from the next view, but its memory goes back to the host
//! only when no vCPU can have it from an older one: after a grace period. Each block of host memory has a canary that
//! names the region it backs, and every access checks it: one to a block that was given back too early is stale.
//! The vCPUs are `QuiescentReader`s; a device beside them enters sections.
//!
//! ```console
//! $ cargo run --release -p rcu-core --example memory_map
//! $ cargo run --release -p rcu-core --example memory_map -- skip-grace-period
//! ```
//!
//! The second command gives blocks back at once, and has to fail: the check sees what it looks for.
#![expect(clippy::disallowed_types, reason = "not the library: the models do not run this")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{slice, thread};

use rcu_core::{RcuCell, Section, barrier, call, read_lock, reader};

const BLOCKS: usize = 32;
const SLOTS: u64 = BLOCKS as u64 * 2; // where a region may be plugged
const REGION_SIZE: u64 = 0x1000;
/// Accesses between two quiescent states, or in one section.
const RUN: u64 = 256;
const DURATION: Duration = Duration::from_millis(1500);

/// The host's memory: the canaries of its blocks, 0 for one that backs nothing, and which blocks are free.
struct Host {
    canaries: [AtomicU64; BLOCKS],
    free: Mutex<Vec<usize>>,
}

impl Host {
    fn take(&self, region: u64) -> Option<usize> {
        let block = self.free.lock().unwrap().pop()?;
        self.canaries[block].store(region, Ordering::Relaxed);
        Some(block)
    }

    fn give_back(&self, block: usize) {
        self.canaries[block].store(0, Ordering::Relaxed);
        self.free.lock().unwrap().push(block);
    }
}

#[derive(Clone)]
struct Region {
    start: u64,
    id: u64,
    block: usize,
}

struct Machine {
    /// The flat view: the regions, by their start.
    map: RcuCell<Vec<Region>>,
    host: Arc<Host>,
    stop: AtomicBool,
    lookups: AtomicU64,
    found: AtomicU64,
    stale: AtomicU64,
}

fn look_up(view: &[Region], address: u64) -> Option<&Region> {
    let behind = view.partition_point(|region| region.start <= address);
    view[..behind].last().filter(|region| address - region.start < REGION_SIZE)
}

impl Machine {
    /// A run of accesses. Called from RCU critical section.
    fn run(&self, section: &impl Section, address: &mut u64) {
        let view = self.map.load(section);
        let (mut found, mut stale) = (0, 0);
        for _ in 0..RUN {
            *address = address.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let Some(region) = look_up(view, (*address >> 32) % (SLOTS * REGION_SIZE)) else { continue };
            found += 1;
            stale += u64::from(self.host.canaries[region.block].load(Ordering::Relaxed) != region.id);
        }
        for (total, count) in [(&self.lookups, RUN), (&self.found, found), (&self.stale, stale)] {
            total.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn vcpu(&self, mut address: u64) {
        let mut cpu = reader().into_quiescent();
        while !self.stop.load(Ordering::Relaxed) {
            self.run(&cpu, &mut address);
            cpu.quiescent();
        }
    }

    fn device(&self, mut address: u64) {
        while !self.stop.load(Ordering::Relaxed) {
            self.run(&read_lock(), &mut address);
        }
    }

    /// Plugs a region if a block is free for it, or else unplugs the oldest. Returns how many of each.
    fn hot_plug(&self, skip_grace_period: bool) -> (u64, u64) {
        let (start, mut plugs, mut plugged) = (Instant::now(), 0, VecDeque::new());
        while start.elapsed() < DURATION {
            if let Some(block) = self.host.take(plugs + 1) {
                plugs += 1;
                let region = Region { start: plugs % SLOTS * REGION_SIZE, id: plugs, block };
                self.map.update(|view| {
                    let at = view.partition_point(|other| other.start < region.start);
                    [&view[..at], slice::from_ref(&region), &view[at..]].concat()
                });
                plugged.push_back(region);
            } else if plugged.len() > BLOCKS / 2 {
                let Region { id, block, .. } = plugged.pop_front().expect("more than half of the blocks");
                self.map.update(|view| view.iter().filter(|region| region.id != id).cloned().collect());
                let host = Arc::clone(&self.host);
                if skip_grace_period { host.give_back(block) } else { call(move || host.give_back(block)) }
            } else {
                thread::yield_now(); // until a grace period gives blocks back
            }
        }
        (plugs, plugs - plugged.len() as u64)
    }
}

fn main() {
    let skip_grace_period = std::env::args().any(|argument| argument == "skip-grace-period");
    let free = Mutex::new((0..BLOCKS).collect());
    let host = Arc::new(Host { canaries: [const { AtomicU64::new(0) }; BLOCKS], free });
    let (map, stop) = (RcuCell::new(vec![]), AtomicBool::new(false));
    let [lookups, found, stale] = [const { AtomicU64::new(0) }; 3];
    let machine = Machine { map, host, stop, lookups, found, stale };

    let (plugs, unplugs) = thread::scope(|s| {
        s.spawn(|| machine.vcpu(1));
        s.spawn(|| machine.vcpu(2));
        s.spawn(|| machine.device(3));
        let counts = machine.hot_plug(skip_grace_period);
        machine.stop.store(true, Ordering::Relaxed);
        counts
    });
    barrier(); // every block that was unplugged is free again

    let [lookups, found, stale] = [machine.lookups, machine.found, machine.stale].map(AtomicU64::into_inner);
    println!("{lookups} lookups, {found} found, {plugs} plugs, {unplugs} unplugs, {stale} stale accesses");
    assert!(found > 0 && unplugs > 0);
    assert_eq!(stale, 0, "a block was given back while a reader could have it");
}
