//! Who takes part in several jobs: lists of what a function makes of each subject.

/// Everybody whose value is replaced while it is read.
macro_rules! updaters {
    ($of:ident) => {{
        use crate::scoreboard::rivals::{self, locks::Locked};
        vec![
            $of::<rivals::rcu_core::Thread>,
            $of::<rivals::rcu_core::Handle>,
            $of::<rivals::rcu_core::Quiescent>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Memb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Bp>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Mb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Qsbr>>,
            $of::<rivals::crossbeam_epoch::Thread>,
            $of::<rivals::crossbeam_epoch::Handle>,
            $of::<rivals::crossbeam_epoch::Repinned>,
            $of::<rivals::seize::Thread>,
            $of::<rivals::seize::Refreshed>,
            $of::<rivals::haphazard::Haphazard>,
            $of::<rivals::arc_swap::Load>,
            $of::<rivals::arc_swap::Cached>,
            $of::<rivals::sdd::Sdd>,
            $of::<rivals::kovan::Kovan>,
            $of::<rivals::left_right::LeftRight>,
            $of::<Locked<std::sync::RwLock<rivals::Payload>>>,
            $of::<Locked<parking_lot::RwLock<rivals::Payload>>>,
            $of::<Locked<std::sync::Mutex<rivals::Payload>>>,
            $of::<Locked<parking_lot::Mutex<rivals::Payload>>>,
        ]
    }};
}

/// Everybody who is given values to be dropped later.
macro_rules! retirers {
    ($of:ident) => {{
        use crate::scoreboard::rivals;
        vec![
            $of::<rivals::rcu_core::Thread>,
            $of::<rivals::rcu_core::Paced>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Memb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::PerCpu<rivals::liburcu::Memb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Bp>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Mb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Qsbr>>,
            $of::<rivals::crossbeam_epoch::Thread>,
            $of::<rivals::seize::Thread>,
            $of::<rivals::haphazard::Haphazard>,
            $of::<rivals::sdd::Sdd>,
            $of::<rivals::kovan::Kovan>,
        ]
    }};
}

/// `rcu-core`, and the flavours of liburcu.
macro_rules! rcus {
    ($of:ident) => {{
        use crate::scoreboard::rivals;
        vec![
            $of::<rivals::rcu_core::Thread>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Memb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Bp>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Mb>>,
            #[cfg(feature = "liburcu")]
            $of::<rivals::liburcu::Liburcu<rivals::liburcu::Qsbr>>,
        ]
    }};
}

pub(in crate::scoreboard) use {rcus, retirers, updaters};
