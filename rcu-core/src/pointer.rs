//! Protected pointers: a value with its callback head in one allocation ([`RcuBox`]), cells that publish it
//! ([`RcuOption`], [`RcuCell`]), a list of them ([`RcuList`]), and what an unlinked value is until its grace period is over
//! ([`Retired`]).
//!
//! ```text
//! updater                                  reader, inside a section
//!   fill in the value
//!   swap in the pointer, AcqRel [publish]    load the pointer, Acquire [publish]
//!   wait for a grace period, or call         use the value
//!   take back the box, drop the value
//! ```
//!
//! From its publication to the end of the grace period a value is a [`NonNull`](std::ptr::NonNull), never a `Box` or a `&mut`: readers
//! hold `&T`. The engine writes only the head beside it, which no reader refers to.

mod boxed;
mod cell;
mod list;
mod option;
mod retired;

pub use boxed::RcuBox;
pub use cell::RcuCell;
pub use list::{Element, ListCursor, ListIter, ListUpdater, RcuList};
pub use option::RcuOption;
pub use retired::Retired;
