//! Measures the bare interpreter: MIPS per hart of the built-in guest, with no watch, on as many host threads as the
//! argument says (default 1).

use std::thread;
use std::time::Instant;

use hartbreak::cpu::{Hart, Step, Unwatched};
use hartbreak::elf::Image;
use hartbreak::{Error, guest, ram};

const INSTRUCTIONS: u64 = 300_000_000;

fn main() -> Result<(), Error> {
    let harts = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1);
    let ram = ram::Ram::new(ram::DEFAULT_SIZE)?;
    let image = Image::parse(guest::ELF)?;
    image.load(&ram)?;
    thread::scope(|scope| {
        for id in 0..harts {
            let (ram, entry) = (&ram, image.entry());
            scope.spawn(move || {
                let mut hart = Hart::new(id, entry);
                let start = Instant::now();
                while hart.retired() < INSTRUCTIONS {
                    if let Step::Fault = hart.step(ram, &mut Unwatched) {
                        eprintln!("{:?}", hart.fault());
                        return;
                    }
                }
                let mips = INSTRUCTIONS as f64 / start.elapsed().as_secs_f64() / 1e6;
                println!("hart {id}: {mips:.1} MIPS");
            });
        }
    });
    let rounds = ram.read_u32(image.symbol("counters")?.addr)?;
    println!("hart 0: {} instructions per round", INSTRUCTIONS / u64::from(rounds.max(1)));
    Ok(())
}
