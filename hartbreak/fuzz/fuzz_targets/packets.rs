//! Whole sessions of both servers, fed with what libFuzzer makes up.

#![no_main]

#[path = "../../tests/it/gdb/feed.rs"]
mod feed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| feed::feed(bytes));
