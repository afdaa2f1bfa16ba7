//! With the feature `liburcu`: builds its readers as an executable would have them, and the program that times a pair by itself.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "liburcu")]
    liburcu::build();
}

#[cfg(feature = "liburcu")]
mod liburcu {
    use std::env;
    use std::path::{Path, PathBuf};

    const SOURCE: &str = "c/liburcu.c";

    pub fn build() {
        println!("cargo::rerun-if-changed={SOURCE}");
        for flavour in ["memb", "bp", "mb", "qsbr"] {
            for way in ["inlined", "called"] {
                compiler(flavour, way).compile(&format!("liburcu_{flavour}_{way}"));
            }
            println!("cargo::rustc-link-lib=urcu-{flavour}");
        }
        // The list of callbacks is each flavour's own, their wake-ups are common.
        println!("cargo::rustc-link-lib=urcu-common");
        println!("cargo::rustc-env=LIBURCU_PROGRAM={}", program().display());
    }

    fn compiler(flavour: &str, way: &str) -> cc::Build {
        let mut compiler = cc::Build::new();
        compiler
            .file(SOURCE)
            .std("gnu11")
            .pic(false)
            .opt_level(2)
            .debug(false)
            .warnings_into_errors(true)
            .define("FLAVOUR", flavour)
            .define("WAY", way)
            .define("FLAVOUR_HEADER", format!("<urcu/urcu-{flavour}.h>").as_str());
        if way == "inlined" {
            compiler.define("_LGPL_SOURCE", None);
        }
        if flavour == "qsbr" {
            compiler.define("QUIESCENT", None);
        }
        compiler
    }

    /// A program has to be linked, which `cc` leaves to the caller.
    fn program() -> PathBuf {
        let out = env::var("OUT_DIR").expect("cargo sets it");
        let program = Path::new(&out).join("liburcu");
        let mut command = compiler("memb", "inlined").get_compiler().to_command();
        command.args([SOURCE, "-DPROGRAM", "-o"]).arg(&program).args(["-lurcu-memb", "-lurcu-common"]);
        let status = command.status().expect("the C compiler can be run");
        assert!(status.success(), "the C compiler: {status}");
        program
    }
}
