//! The machine: one guest, and the harts that run it, each on a host thread of its own.
//!
//! A debugger changes the tables of the harts whenever it likes; no hart is stopped or asked for that. What a hart
//! and the debugger share beside the tables is in `control`, and small: counters, a mailbox for hits, a state.

mod symbols;
mod hit;
mod blocks;
mod park;
mod stop;
mod rest;
mod news;
mod control;
mod service;
mod run;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use debug_tables::{BreakpointTable, CpuTables, TableSet, WatchpointTable};

pub use blocks::{BLOCK, BlockCache};
pub use control::{Action, Control, Pace};
pub use hit::{Cause, Hit};
pub use news::News;
pub use park::Park;
pub use rest::{Rest, State};
pub use run::SECTION_BLOCKS;
pub use stop::{Go, Stop};
pub use symbols::Symbols;

use crate::elf::Image;
use crate::ram::{DEFAULT_SIZE, Ram};
use crate::{Error, guest};
use run::Runner;

/// A guest in RAM, the tables of its harts, and those that were started.
#[derive(Debug)]
pub struct Machine {
    ram: Arc<Ram>,
    entry: u32,
    /// Where the guest's words and functions are.
    pub symbols: Symbols,
    /// The tables of all harts, by hart.
    pub tables: TableSet<u32>,
    /// What the harts tell a debugger.
    pub news: Arc<News>,
    console: Arc<Mutex<Vec<u8>>>,
    harts: Vec<HartThread>,
}

/// A hart that was started, as the debugger sees it.
#[derive(Debug)]
pub struct HartThread {
    /// What it shares with its thread.
    pub control: Arc<Control>,
    /// Its own tables.
    pub tables: CpuTables,
    /// Its translated blocks.
    pub blocks: Arc<BlockCache>,
    thread: Option<JoinHandle<()>>,
}

impl Machine {
    /// Loads a guest.
    ///
    /// # Errors
    /// What is wrong with the ELF file, a missing symbol included.
    pub fn new(image: &Image<'_>) -> Result<Self, Error> {
        let ram = Arc::new(Ram::new(DEFAULT_SIZE)?);
        image.load(&ram)?;
        let (entry, symbols) = (image.entry(), Symbols::find(image)?);
        let (tables, news, console) = (TableSet::new(), Arc::default(), Arc::default());
        Ok(Self { ram, entry, symbols, tables, news, console, harts: Vec::new() })
    }

    /// Starts the next hart. `join` makes its new tables a member of the set, before the hart's first instruction.
    ///
    /// # Errors
    /// If the host cannot start a thread.
    pub fn start(&mut self, join: impl FnOnce(&TableSet<u32>, u32, CpuTables)) -> std::io::Result<()> {
        let id = self.harts.len() as u32;
        let (control, blocks) = (Control::new(id, Arc::clone(&self.news)), Arc::new(BlockCache::new()));
        let control = Arc::new(control);
        let cache = Arc::clone(&blocks);
        let breakpoints = BreakpointTable::new().with_invalidate(move |range| cache.published(range));
        let tables =
            CpuTables { breakpoints: Arc::new(breakpoints), watchpoints: Arc::new(WatchpointTable::new()) };
        join(&self.tables, id, tables.clone());
        let runner = Runner {
            ram: Arc::clone(&self.ram),
            tables: tables.clone(),
            control: Arc::clone(&control),
            blocks: Arc::clone(&blocks),
            console: Arc::clone(&self.console),
        };
        let entry = self.entry;
        let thread =
            thread::Builder::new().name(format!("hart {id}")).spawn(move || runner.run(id, entry))?;
        self.harts.push(HartThread { control, tables, blocks, thread: Some(thread) });
        Ok(())
    }

    /// The harts that were started.
    pub fn harts(&self) -> &[HartThread] {
        &self.harts
    }

    /// The guest's memory.
    pub fn ram(&self) -> &Ram {
        &self.ram
    }

    /// Reads a word of the guest.
    ///
    /// # Panics
    /// If the address is misaligned or outside RAM: it should come from [`Symbols`], which are checked.
    pub fn word(&self, addr: u32) -> u32 {
        self.ram.read_u32(addr).expect("symbols are in RAM")
    }

    /// Writes a word of the guest.
    ///
    /// # Panics
    /// As [`word`](Self::word).
    pub fn set_word(&self, addr: u32, value: u32) {
        self.ram.write_u32(addr, value).expect("symbols are in RAM");
    }

    /// How many rounds the hart has done, by the guest's own count.
    pub fn rounds(&self, hart: u32) -> u32 {
        self.word(self.symbols.counters + hart * guest::SLOT)
    }

    /// What the guest has written to its console.
    pub fn console(&self) -> String {
        String::from_utf8_lossy(&self.console.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Machine {
    /// Ends the harts, wherever the guest is. Bounded: a hart looks at least once a section, and a stopped one every
    /// 10 ms.
    fn drop(&mut self) {
        for hart in &self.harts {
            hart.control.quit();
        }
        for hart in &mut self.harts {
            if let Some(thread) = hart.thread.take() {
                // A hart that panicked has told so in its state.
                let _ = thread.join();
            }
        }
    }
}
