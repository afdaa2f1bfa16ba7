//! Sets the cfg under which the sources take their atomics from loom. A build script sets it for one package only: flags
//! for the whole build would change every dependency too, and a plain `cargo test` does not pass any.

fn main() {
    println!("cargo::rustc-cfg=rcu_loom");
    println!("cargo::rerun-if-changed=../model.rs");
}
