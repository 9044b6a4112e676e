//! Links the unwinder into the program, so that it needs no shared library but libc.
//!
//! The standard library prints backtraces with libgcc's unwinder, and on Linux with glibc links the shared one,
//! `libgcc_s`. The static one comes with every gcc; named first, it answers for all of it, and the linker drops
//! the shared one. Where it is not found, as with another compiler's own run-time, nothing is changed.
//!
//! And links it to a fixed address (`-no-pie`). A hook runs for a millisecond, and a fifth of that went into moving
//! twenty thousand pointers to wherever the system had put the program; the one that tests start by the thousand has two
//! hundred thousand of them, which is a third of its start. Position-independent with packed
//! relocations still costs 0.20 ms a start, and needs glibc 2.36. Libraries, stack and heap stay where chance puts them.
//! To have the program itself moved: `RUSTFLAGS="-C relocation-model=pic"`.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    #[expect(clippy::disallowed_methods, reason = "a build script has no `Env`")]
    let is = |name: &str, word: &str| env::var(name).is_ok_and(|text| text.split(',').any(|own| own == word));
    let is_glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if !is_glibc || is("CARGO_CFG_TARGET_FEATURE", "crt-static") {
        return;
    }
    if has_static_unwinder() {
        println!("cargo::rustc-link-lib=static:-bundle,+whole-archive=gcc_eh");
    }
    #[expect(clippy::disallowed_methods, reason = "a build script has no `Env`")]
    let has_own_wish =
        env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("relocation-model"));
    if !has_own_wish {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

/// Asks the C compiler that will link. It answers with a path where it has the library, with the bare name where
/// it has not.
fn has_static_unwinder() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a build script has no `Env`")]
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    #[expect(clippy::disallowed_methods, reason = "a build script has no `process`")]
    let answer = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output();
    answer.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}
