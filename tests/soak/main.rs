//! The stress tests of the suite at full size, with figures:
//!
//! ```text
//! cargo test --release --test soak -- all
//! cargo test --release --test soak -- crowd kills
//! ```
//!
//! Names: `crowd` (16 processes, 200 edits each, readers meanwhile), `kills` (500 writers killed at random),
//! `documents` (every command on every hostile document), `junk` (50,000 files that are no tasks), `chain`
//! (10,000 tasks that wait for each other). Without a name it ends at once, so that `cargo test` stays quick. Fail
//! points exist in debug builds only and are tried by the suite.

#![expect(clippy::disallowed_methods, reason = "tests start programs and wait for them")]
#![expect(clippy::unwrap_used, reason = "what fails here is a failing test")]
#![expect(dead_code, unused_imports, reason = "the suite's own tests are not run here")]

#[path = "../suite/concurrency.rs"]
mod concurrency;
#[path = "../suite/crash.rs"]
mod crash;
#[path = "../suite/hostile/mod.rs"]
mod hostile;
#[path = "../suite/support.rs"]
mod support;
#[path = "../suite/watchdog.rs"]
mod watchdog;

/// A name and what it runs; it returns its figures.
type Ordeal = (&'static str, fn() -> String);

const ORDEALS: [Ordeal; 5] = [
    ("crowd", || {
        concurrency::crowd(16, 200);
        "16 processes, 3200 edits, none lost".to_owned()
    }),
    ("kills", || {
        let (made, left) = crash::killed_at_random(500, 4711);
        format!("500 kills: {made} edits made, {} not, {left} leftovers, no file torn", 500 - made)
    }),
    ("documents", || {
        format!("{} documents, every command on each", hostile::documents::every_command_on_every(1))
    }),
    ("junk", || {
        hostile::numbers::junk(50_000);
        "50,000 junk files, 5,000 folders".to_owned()
    }),
    ("chain", || {
        hostile::numbers::chain(10_000);
        "a chain and a circle of 10,000 tasks".to_owned()
    }),
];

fn main() {
    #[expect(clippy::disallowed_methods, reason = "the figures are real times")]
    let now = std::time::Instant::now;
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.iter().any(|word| word == name || word == "all");
    for (name, run) in ORDEALS.iter().filter(|(name, _)| is_wanted(name)) {
        let begun = now();
        let figures = run();
        println!("{name}: {figures}; {:.1} s", begun.elapsed().as_secs_f64());
    }
}
