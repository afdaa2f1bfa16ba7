//! A reader's record: the word that says whether it is inside a section, and since which grace period.
//!
//! ```text
//! reader                                   driver of a grace period
//!   c = counter, Acquire                     unlink (by the updater, before)
//!   word = c, Release          [enter]       counter = new, Release        [period]
//!   light fence                [heavy]       heavy fence                   [heavy]
//!   pointer, Acquire           [publish]     word, Acquire                 [enter, leave]
//!   ...                                      free
//!   word = 0, Release          [leave]
//! ```
//!
//! If our store of the word comes before the driver's fence, the scan sees it: an older number is waited for, and the
//! new number means that our load saw the counter, hence the unlink. If it comes after, so does our load of the
//! pointer, which sees the unlink. A section that the scan sees ended, ended before the free. [enter] [leave]
//!
//! Nesting is in the word too. **Every store that leaves the word non-zero is Release**, or comes after a full fence: the scan
//! may read a later store of the same section, and a Relaxed one would not carry what the first one released.
//!
//! **SLOW says that the reader passes a full fence of its own** when it enters and when it leaves. The driver passes one after it
//! stored the counter, and needs a remote fence only if some reader's word lacks SLOW. A quiescent reader shows SLOW while
//! it is offline, and goes online with a full fence: it costs the grace periods of others nothing while it is away.
//!
//! A quiescent state stores the newer number over the older. Our pointer loads need no fence after it: a scan that does not see
//! the new one sees the old one, and waits. [renew]
//!
//! To sleep, the driver marks the reader, passes a heavy fence, and looks at the word again; the reader stores its word,
//! passes a light fence, and looks at the mark. If the mark comes first we see it and wake the driver; if our store
//! comes first the driver sees that we have left. [heavy]

use static_assertions::const_assert_eq;

use crate::fence;
use crate::grace_period::{GracePeriod, NEST, Period, SLOW, inside};
use crate::report::report;
use crate::sync::{AtomicU32, AtomicU64, Counter, Ordering, load_own};
use crate::thread;

/// One reader: a thread of the default domain, or a handle. Only its owner stores to `word` and `owner`; only drivers,
/// one after another, store to `waiting`. The first two fields are what a C header shares.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Record {
    /// 0 outside; SLOW outside, for a reader that has to take the slow path or is offline; in a section, the number of the grace
    /// period in which it began, the nest count, and SLOW or not.
    word: AtomicU64,
    /// Non-zero when the driver sleeps until this reader leaves.
    waiting: AtomicU32,
    /// The token of the thread that entered the outermost section: a thread that waits for its own section is told.
    owner: AtomicU64,
    /// The number of that thread, for reports.
    os_thread: Counter,
}

const_assert_eq!(Record::WORD, 0);
const_assert_eq!(Record::WAITING, 8);
#[cfg(not(rcu_loom))]
const_assert_eq!(size_of::<Record>(), 64);

impl Record {
    /// Where the two are that a C header shares, in bytes.
    pub const WORD: usize = std::mem::offset_of!(Record, word);
    pub const WAITING: usize = std::mem::offset_of!(Record, waiting);

    const_fn! {
        /// A record that is in no registry: every lock takes the slow path.
        pub fn unregistered() -> Self {
            Self {
                word: AtomicU64::new(SLOW),
                waiting: AtomicU32::new(0),
                owner: AtomicU64::new(thread::NOBODY),
                os_thread: Counter::new(0),
            }
        }
    }

    /// A record that stands for one whose storage ends: in the same section, marked by the driver or not. Its owner
    /// uses the slow path from now on.
    pub fn standing_in_for(other: &Record) -> Self {
        Self {
            // Step [stand-in-word]: the section goes on, and is waited for here.
            word: AtomicU64::new(load_own(&other.word) | SLOW),
            // Step [stand-in-mark]: the driver may have gone to sleep already.
            // Relaxed: the caller holds the lock of the registry, and so does the driver that stores this.
            waiting: AtomicU32::new(other.waiting.load(Ordering::Relaxed)),
            owner: AtomicU64::new(load_own(&other.owner)),
            os_thread: Counter::new(other.os_thread.get()),
        }
    }

    /// Lets the owner take the fast path, if its fences allow that. To be called outside, before the record is registered.
    pub fn take_fast_path(&self, period: &GracePeriod) {
        // Relaxed: the registry's lock comes between this store and the first scan.
        self.word.store(slow_bit(period), Ordering::Relaxed);
    }

    /// Sends the owner to the slow path for good. To be called once the record is in no registry.
    pub fn take_slow_path(&self) {
        // Relaxed: nobody scans this word any more.
        self.word.store(SLOW, Ordering::Relaxed);
    }

    /// Says that sections are entered by the calling thread from now on.
    #[inline(always)]
    pub fn adopt(&self) {
        let token = thread::token();
        if load_own(&self.owner) != token {
            self.change_owner(token);
        }
    }

    #[cold]
    fn change_owner(&self, token: u64) {
        // Relaxed: the store of the word that enters comes next, is Release, and is read first.
        self.owner.store(token, Ordering::Relaxed);
        self.os_thread.set(thread::os_id().into());
    }

    /// Whether the owner, who calls this, is inside a section.
    #[inline(always)]
    pub fn inside(&self) -> bool {
        inside(load_own(&self.word))
    }

    /// Enters or nests. `entering` is called first if it enters; `slow` is called instead if the word asks for it.
    #[inline(always)]
    pub fn lock(&self, period: &GracePeriod, entering: impl FnOnce(), slow: impl FnOnce()) {
        let word = load_own(&self.word);
        let low = low(word);
        if low == 0 {
            entering();
            // Release [enter]: pairs with the scan.
            self.word.store(period.current(), Ordering::Release);
            // light [heavy]: pairs with the heavy fence after the counter's store; our pointer loads come after it.
            fence::light();
        } else if low < NEST as u16 {
            cold();
            // Release [nest]: pairs with the scan, which may read this store instead of the one that entered.
            self.word.store(word + 1, Ordering::Release);
        } else {
            slow();
        }
    }

    /// Un-nests or leaves. `slow` is called instead if the word asks for it.
    #[inline(always)]
    pub fn unlock(&self, period: &GracePeriod, slow: impl FnOnce()) {
        let word = load_own(&self.word);
        let low = low(word);
        if low == 1 {
            // Release [leave]: pairs with the scan; everything in the section comes before the free.
            self.word.store(0, Ordering::Release);
            // light [heavy]: pairs with the heavy fence between the driver's mark and its second look.
            fence::light();
            // Step [wake-after-leave]: a driver that marked this reader sleeps until it is told.
            self.wake_driver(period);
        } else if low < SLOW as u16 {
            cold();
            // Release [nest]: pairs with the scan, as for nesting.
            self.word.store(word - 1, Ordering::Release);
        } else {
            slow();
        }
    }

    /// [`lock`](Self::lock) for a registered reader that needs a fence of its own, or is at the limit of its nest count.
    #[cold]
    pub fn lock_slow(&self, period: &GracePeriod) {
        let word = load_own(&self.word);
        if word & NEST == NEST {
            report(format_args!(
                "read_lock: more than {NEST} nested sections of one reader; were guards leaked?"
            ));
            std::process::abort();
        }
        if inside(word) {
            // Relaxed: the full fence after the store that entered releases what came before that.
            self.word.store(word + 1, Ordering::Relaxed);
        } else {
            // Release [enter]: pairs with the scan.
            self.word.store(period.current() | SLOW, Ordering::Release);
            // full [heavy]: pairs with the heavy fence after the counter's store.
            fence::full();
        }
    }

    /// [`unlock`](Self::unlock) for a registered reader that needs a fence of its own.
    #[cold]
    pub fn unlock_slow(&self, period: &GracePeriod) {
        let word = load_own(&self.word);
        debug_assert!(inside(word), "a guard was dropped twice");
        if word & NEST == 1 {
            // Release [leave]: pairs with the scan.
            self.word.store(SLOW, Ordering::Release);
            // full [heavy]: pairs with the heavy fence between the driver's mark and its second look.
            fence::full();
            // Step [wake-after-slow-leave]: as on the fast path.
            self.wake_driver(period);
        } else {
            // Relaxed: as for nesting.
            self.word.store(word - 1, Ordering::Relaxed);
        }
    }

    /// Begins the section of a reader that is inside for as long as it is online. To be called outside.
    pub fn go_online(&self, period: &GracePeriod) {
        // Release [enter]: pairs with the scan.
        self.word.store(period.current() | slow_bit(period), Ordering::Release);
        // full [heavy]: pairs with the full fence after the counter's store, for a driver that saw this reader offline.
        fence::full();
    }

    /// Ends the section of a reader that is online, and says that it will come back with a full fence.
    pub fn go_offline(&self, period: &GracePeriod) {
        self.rest(SLOW, period);
    }

    /// Ends the section of a reader that is online, for one that locks and unlocks again.
    pub fn leave_online(&self, period: &GracePeriod) {
        self.rest(slow_bit(period), period);
    }

    fn rest(&self, word: u64, period: &GracePeriod) {
        // Release [leave]: pairs with the scan.
        self.word.store(word, Ordering::Release);
        // full [heavy]: pairs with the heavy fence between the driver's mark and its second look.
        fence::full();
        // Step [wake-after-rest]: as after a section: nobody else tells the driver.
        self.wake_driver(period);
    }

    /// Ends the section of a reader that is online, and begins the next. No store if no grace period has started meanwhile:
    /// then the two are one.
    #[inline(always)]
    pub fn pass(&self, period: &GracePeriod) {
        let word = load_own(&self.word);
        let renewed = period.current() | word & SLOW;
        if renewed != word {
            self.renew(period, renewed);
        }
    }

    #[cold]
    fn renew(&self, period: &GracePeriod, renewed: u64) {
        // Release [renew]: pairs with the scan; the section that ends comes before the free.
        self.word.store(renewed, Ordering::Release);
        if renewed & SLOW == 0 {
            // light [heavy]: pairs with the heavy fence between the driver's mark and its second look.
            fence::light();
        } else {
            // full [heavy]: as the light one, for a reader that needs a fence of its own.
            fence::full();
        }
        // Step [wake-after-renewal]: the section that ended is the one that the driver waits for; the next may last.
        self.wake_driver(period);
    }

    #[inline(always)]
    fn wake_driver(&self, period: &GracePeriod) {
        // Relaxed: the fence before this decides whether a mark is seen, and the event orders what follows.
        if self.waiting.load(Ordering::Relaxed) != 0 {
            wake(period);
        }
    }

    /// Whether the driver of `new` has nothing more to wait for here.
    pub fn has_passed(&self, new: Period) -> bool {
        new.passed_by(self.scan())
    }

    /// Whether the thread with this token is inside a section of this reader.
    pub fn is_inside(&self, token: u64) -> bool {
        // Relaxed: the scan of a word that says inside has acquired the owner's store before it.
        inside(self.scan()) && self.owner.load(Ordering::Relaxed) == token
    }

    /// Whether the thread with this token entered last.
    #[cfg(not(rcu_loom))]
    pub fn owner_is(&self, token: u64) -> bool {
        // Relaxed: a thread finds its own token, or is the only one there.
        self.owner.load(Ordering::Relaxed) == token
    }

    /// In a forked child, gives the owner, who calls this, the number that it has there.
    #[cfg(not(rcu_loom))]
    pub fn renumber_owner(&self) {
        self.os_thread.set(thread::os_id().into());
    }

    /// In a forked child, ends the section, if one is open, of an owner who is not there. If such a reader is used again, it is on the
    /// slow path.
    #[cfg(not(rcu_loom))]
    pub fn end_section_left_behind(&self) {
        if self.inside() {
            // Relaxed: a forked child has one thread.
            self.word.store(SLOW, Ordering::Relaxed);
        }
    }

    /// The number of the thread that entered last, for reports.
    pub fn os_thread(&self) -> u32 {
        self.os_thread.get() as u32
    }

    /// Whether the owner has entered, or may enter, without a full fence of its own.
    pub fn is_light(&self) -> bool {
        self.scan() & SLOW == 0
    }

    fn scan(&self) -> u64 {
        // Acquire [enter] [nest] [leave] [renew]: pairs with each store of the word.
        self.word.load(Ordering::Acquire)
    }

    /// Asks the owner to wake the driver when it leaves, or takes that back.
    pub fn mark(&self, waiting: bool) {
        // Relaxed: a heavy fence follows a mark, and a mark taken back too late costs one needless wake-up.
        self.waiting.store(waiting.into(), Ordering::Relaxed);
    }
}

/// The nest count and SLOW. A narrow number, of which processors compare the low half of a register, and need no mask.
#[inline(always)]
fn low(word: u64) -> u16 {
    word as u16
}

const_assert_eq!(NEST | SLOW, u16::MAX as u64);

/// SLOW, if readers need fences of their own.
fn slow_bit(period: &GracePeriod) -> u64 {
    if period.readers_run_light() { 0 } else { SLOW }
}

#[cold]
fn wake(period: &GracePeriod) {
    period.reader_left.set();
}

/// Tells the compiler that a path is rare, so that it is laid out beside the common one and not across it.
#[cold]
#[inline]
fn cold() {}
