//! liburcu's flavours. Sections are loops in C, built as an executable has them: with its readers inlined, or called. The rest is
//! functions of its libraries, which are called as C does. Callbacks are intrusive: a head in front of the value.

use std::ffi::{c_int, c_ulong};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::{Call, Callback, Payload, Read, Retire, Shape, Subject, Synchronize, Update, count};

/// `struct rcu_head`.
#[repr(C)]
#[derive(Debug)]
struct Head([usize; 2]);

type Callee = unsafe extern "C" fn(*mut Head);

/// A flavour, and how its readers are entered.
pub trait Flavour: Send + Sync + 'static {
    const NAME: &str;
    const VARIANT: &str;
    const FUNCTIONS: Functions;
}

/// What C has for a flavour.
#[derive(Clone, Copy, Debug)]
pub struct Functions {
    sections: unsafe extern "C" fn(*const AtomicPtr<Payload>, u32, u32, u64) -> u64,
    register: unsafe extern "C" fn(),
    unregister: unsafe extern "C" fn(),
    offline: unsafe extern "C" fn(),
    online: unsafe extern "C" fn(),
    synchronize: unsafe extern "C" fn(),
    call: unsafe extern "C" fn(*mut Head, Callee),
    barrier: unsafe extern "C" fn(),
    /// Starts a callback thread for each processor, which has a queue of its own.
    per_cpu: unsafe extern "C" fn(c_ulong) -> c_int,
    /// Back to one for all.
    common: unsafe extern "C" fn(),
}

macro_rules! flavours {
    ($(
        $type:ident $name:literal $variant:literal $sections:ident $register:ident $unregister:ident $offline:ident $online:ident
        $synchronize:ident $call:ident $barrier:ident $per_cpu:ident $common:ident
    )+) => { $(
        #[doc = concat!($name, ", ", $variant)]
        #[derive(Debug)]
        pub struct $type;

        impl Flavour for $type {
            const NAME: &str = $name;
            const VARIANT: &str = $variant;
            const FUNCTIONS: Functions = {
                unsafe extern "C" {
                    fn $sections(cell: *const AtomicPtr<Payload>, shape: u32, layout: u32, count: u64) -> u64;
                    fn $register();
                    fn $unregister();
                    fn $offline();
                    fn $online();
                    fn $synchronize();
                    fn $call(head: *mut Head, callee: Callee);
                    fn $barrier();
                    fn $per_cpu(flags: c_ulong) -> c_int;
                    fn $common();
                }
                Functions {
                    sections: $sections,
                    register: $register,
                    unregister: $unregister,
                    offline: $offline,
                    online: $online,
                    synchronize: $synchronize,
                    call: $call,
                    barrier: $barrier,
                    per_cpu: $per_cpu,
                    common: $common,
                }
            };
        }
    )+ };
}

flavours! {
    Memb "liburcu-memb" "inlined"
        liburcu_memb_inlined_sections liburcu_memb_inlined_register liburcu_memb_inlined_unregister liburcu_memb_inlined_offline
        liburcu_memb_inlined_online urcu_memb_synchronize_rcu urcu_memb_call_rcu urcu_memb_barrier
        urcu_memb_create_all_cpu_call_rcu_data urcu_memb_free_all_cpu_call_rcu_data
    MembCalled "liburcu-memb" "called"
        liburcu_memb_called_sections liburcu_memb_called_register liburcu_memb_called_unregister liburcu_memb_called_offline
        liburcu_memb_called_online urcu_memb_synchronize_rcu urcu_memb_call_rcu urcu_memb_barrier
        urcu_memb_create_all_cpu_call_rcu_data urcu_memb_free_all_cpu_call_rcu_data
    Bp "liburcu-bp" "inlined"
        liburcu_bp_inlined_sections liburcu_bp_inlined_register liburcu_bp_inlined_unregister liburcu_bp_inlined_offline
        liburcu_bp_inlined_online urcu_bp_synchronize_rcu urcu_bp_call_rcu urcu_bp_barrier
        urcu_bp_create_all_cpu_call_rcu_data urcu_bp_free_all_cpu_call_rcu_data
    BpCalled "liburcu-bp" "called"
        liburcu_bp_called_sections liburcu_bp_called_register liburcu_bp_called_unregister liburcu_bp_called_offline
        liburcu_bp_called_online urcu_bp_synchronize_rcu urcu_bp_call_rcu urcu_bp_barrier
        urcu_bp_create_all_cpu_call_rcu_data urcu_bp_free_all_cpu_call_rcu_data
    Mb "liburcu-mb" "inlined"
        liburcu_mb_inlined_sections liburcu_mb_inlined_register liburcu_mb_inlined_unregister liburcu_mb_inlined_offline
        liburcu_mb_inlined_online urcu_mb_synchronize_rcu urcu_mb_call_rcu urcu_mb_barrier
        urcu_mb_create_all_cpu_call_rcu_data urcu_mb_free_all_cpu_call_rcu_data
    MbCalled "liburcu-mb" "called"
        liburcu_mb_called_sections liburcu_mb_called_register liburcu_mb_called_unregister liburcu_mb_called_offline
        liburcu_mb_called_online urcu_mb_synchronize_rcu urcu_mb_call_rcu urcu_mb_barrier
        urcu_mb_create_all_cpu_call_rcu_data urcu_mb_free_all_cpu_call_rcu_data
    Qsbr "liburcu-qsbr" "inlined"
        liburcu_qsbr_inlined_sections liburcu_qsbr_inlined_register liburcu_qsbr_inlined_unregister liburcu_qsbr_inlined_offline
        liburcu_qsbr_inlined_online urcu_qsbr_synchronize_rcu urcu_qsbr_call_rcu urcu_qsbr_barrier
        urcu_qsbr_create_all_cpu_call_rcu_data urcu_qsbr_free_all_cpu_call_rcu_data
    QsbrCalled "liburcu-qsbr" "called"
        liburcu_qsbr_called_sections liburcu_qsbr_called_register liburcu_qsbr_called_unregister liburcu_qsbr_called_offline
        liburcu_qsbr_called_online urcu_qsbr_synchronize_rcu urcu_qsbr_call_rcu urcu_qsbr_barrier
        urcu_qsbr_create_all_cpu_call_rcu_data urcu_qsbr_free_all_cpu_call_rcu_data
}

/// A value behind a callback head.
#[repr(C)]
#[derive(Debug)]
pub struct Node<T> {
    head: Head,
    value: T,
}

impl<T> Node<T> {
    fn boxed(value: T) -> Box<Self> {
        Box::new(Self { head: Head([0; 2]), value })
    }
}

/// A pointer, and the readers of a flavour.
#[derive(Debug)]
pub struct Liburcu<F> {
    /// To the values in the nodes: readers know nothing of heads.
    cell: AtomicPtr<Payload>,
    flavour: PhantomData<F>,
}

impl<F: Flavour> Liburcu<F> {
    const FUNCTIONS: Functions = F::FUNCTIONS;

    fn call_with<T>(node: Box<Node<T>>, callee: Callee) {
        let head = Box::into_raw(node).cast();
        // SAFETY: the head of a node that nobody else has, with a function for nodes of its type.
        unsafe { (Self::FUNCTIONS.call)(head, callee) };
    }
}

/// Drops a node.
unsafe extern "C" fn free(head: *mut Head) {
    // SAFETY: the head of a boxed node of this type, which nobody has any more.
    drop(unsafe { Box::from_raw(head.cast::<Node<Payload>>()) });
}

/// Runs the closure of a node.
unsafe extern "C" fn run<C: FnOnce()>(head: *mut Head) {
    // SAFETY: the head of a boxed node of this type, which nobody has any more.
    let node = unsafe { Box::from_raw(head.cast::<Node<C>>()) };
    (node.value)();
}

/// A thread that is registered.
#[derive(Debug)]
pub struct Registered<F: Flavour>(PhantomData<(*mut (), F)>);

impl<F: Flavour> Drop for Registered<F> {
    fn drop(&mut self) {
        // SAFETY: the thread was registered when this was made, and this did not leave it.
        unsafe { (F::FUNCTIONS.unregister)() };
    }
}

impl<F: Flavour> Subject for Liburcu<F> {
    const NAME: &str = F::NAME;
    const VARIANT: &str = F::VARIANT;
}

impl<F: Flavour> Read for Liburcu<F> {
    type Reader<'a> = Registered<F>;
    type Guard<'g> = ();

    fn new() -> Self {
        let node = Box::into_raw(Node::boxed(Payload::new(count())));
        // SAFETY: a node that was made just now.
        let value = unsafe { &raw mut (*node).value };
        Self { cell: AtomicPtr::new(value), flavour: PhantomData }
    }

    fn reader(&self) -> Registered<F> {
        // SAFETY: subjects register a thread once.
        unsafe { (F::FUNCTIONS.register)() };
        Registered(PhantomData)
    }

    fn enter(&self, _: &Registered<F>) {}

    fn load(&self, (): &()) -> u64 {
        unreachable!("sections are loops in C")
    }

    fn idle(&self, _: &mut Registered<F>, f: impl FnOnce()) {
        // SAFETY: the thread is registered, and in no section.
        unsafe { (F::FUNCTIONS.offline)() };
        f();
        // SAFETY: as before.
        unsafe { (F::FUNCTIONS.online)() };
    }

    fn settle(&self) {
        self.barrier();
    }

    fn sections<const LAYOUT: usize>(&self, _: &mut Registered<F>, shape: Shape, count: u64) -> Option<u64> {
        // SAFETY: the thread is registered, and what the pointer leads to is given to `call` only.
        Some(unsafe { (F::FUNCTIONS.sections)(&raw const self.cell, shape as u32, LAYOUT as u32, count) })
    }
}

impl<F: Flavour> Update for Liburcu<F> {
    fn update(&self, dropped: &'static AtomicU64) {
        let new = Box::into_raw(Node::boxed(Payload::new(dropped)));
        // SAFETY: a node that was made just now.
        let value = unsafe { &raw mut (*new).value };
        let old = self.cell.swap(value, Ordering::AcqRel);
        // SAFETY: every value of the cell is in a node.
        let head = unsafe { old.byte_sub(std::mem::offset_of!(Node<Payload>, value)) }.cast();
        // SAFETY: nobody finds it any more, and `free` is for nodes of its type.
        unsafe { (F::FUNCTIONS.call)(head, free) };
    }
}

impl<F: Flavour> Synchronize for Liburcu<F> {
    fn synchronize(&self) {
        // SAFETY: who calls this is in no section.
        unsafe { (F::FUNCTIONS.synchronize)() };
    }
}

impl<F: Flavour> Retire for Liburcu<F> {
    type Node = Box<Node<Payload>>;

    fn node(&self, dropped: &'static AtomicU64) -> Self::Node {
        Node::boxed(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: Self::Node) {
        Self::call_with(node, free);
    }
}

impl<F: Flavour> Call for Liburcu<F> {
    #[inline]
    fn call(&self, f: impl FnOnce() + Send + 'static) {
        fn callee<C: FnOnce()>(_: &C) -> Callee {
            run::<C>
        }
        let callee = callee(&f);
        Self::call_with(Node::boxed(f), callee);
    }
}

impl<F: Flavour> Callback for Liburcu<F> {
    fn barrier(&self) {
        // SAFETY: who calls this is in no section.
        unsafe { (F::FUNCTIONS.barrier)() };
    }
}

/// The same with a callback thread for each processor, as its documentation has it for many callbacks.
#[derive(Debug)]
pub struct PerCpu<F>(Liburcu<F>);

impl<F: Flavour> Subject for PerCpu<F> {
    const NAME: &str = F::NAME;
    const VARIANT: &str = "per-cpu";
}

impl<F: Flavour> Read for PerCpu<F> {
    type Reader<'a> = Registered<F>;
    type Guard<'g> = ();

    fn new() -> Self {
        Self(Liburcu::new())
    }

    fn reader(&self) -> Registered<F> {
        self.0.reader()
    }

    fn enter(&self, reader: &Registered<F>) {
        self.0.enter(reader);
    }

    fn load(&self, guard: &()) -> u64 {
        self.0.load(guard)
    }

    fn prepare(&self) {
        // SAFETY: no turn of this runs, and no other has threads of this kind.
        let error = unsafe { (F::FUNCTIONS.per_cpu)(0) };
        assert_eq!(error, 0, "callback threads can be started");
    }

    fn settle(&self) {
        self.0.settle();
        // SAFETY: nobody calls meanwhile, and nothing is pending.
        unsafe { (F::FUNCTIONS.common)() };
    }

    fn sections<const LAYOUT: usize>(
        &self,
        reader: &mut Registered<F>,
        shape: Shape,
        count: u64,
    ) -> Option<u64> {
        self.0.sections::<LAYOUT>(reader, shape, count)
    }
}

impl<F: Flavour> Retire for PerCpu<F> {
    type Node = Box<Node<Payload>>;

    fn node(&self, dropped: &'static AtomicU64) -> Self::Node {
        self.0.node(dropped)
    }

    #[inline]
    fn retire(&self, node: Self::Node) {
        self.0.retire(node);
    }
}
