//! Links the unwinder into the program, so that it needs no shared library but libc.
//!
//! The standard library prints backtraces with libgcc's unwinder, and on Linux with glibc asks for the shared one,
//! `libgcc_s`. The static one comes with every gcc; named first, it answers for all of it, and the linker drops
//! the shared one. Where it is not found, as with another compiler's own run-time, nothing is changed.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    #[expect(clippy::disallowed_methods, reason = "a build script has no `Env`")]
    let is = |name: &str, wanted: &str| {
        env::var(name).is_ok_and(|text| text.split(',').any(|word| word == wanted))
    };
    let is_static = is("CARGO_CFG_TARGET_FEATURE", "crt-static");
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && !is_static
        && has_static_unwinder()
    {
        println!("cargo::rustc-link-lib=static:-bundle,+whole-archive=gcc_eh");
    }
}

/// Asks the C compiler that will link. It answers with a path where it has the library, with the bare name where
/// it has not.
fn has_static_unwinder() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a build script has no `Env`")]
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let answer = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output();
    answer.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}
