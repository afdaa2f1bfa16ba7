//! A part in Rust of a program in C, for the tests: sections of the two nest in each other.

use rcu_capi as _;
