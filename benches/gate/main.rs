//! What `check` and `review` cost against `git log` of the same range, and whether that keeps the promises of the
//! README's table.
//!
//! `cargo bench --bench gate` makes a repository of 50,000 commits and 10,000 tasks, whose last 1,000 commits are an
//! honest pull request of 200 tasks, and looks at all of it and at its last 10 commits; `-- 5000 1000` is another size.
//! Needs git, and half a gigabyte of disk below `target/`, which is free again at the end.

mod corpus;
#[path = "../commands/process.rs"]
mod process;
#[path = "../commands/race.rs"]
mod race;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use corpus::Corpus;
use process::Process;
use race::{Racer, race};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TRACKER: &str = env!("CARGO_BIN_EXE_tracker");
const COMMITS: usize = 50_000;
const TASKS: usize = 10_000;
const ROUNDS: usize = 15;

fn main() -> ExitCode {
    // cargo itself passes `--bench`.
    let sizes = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let sizes: std::result::Result<Vec<usize>, _> = sizes.map(|text| text.parse()).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gate");
    let done = match sizes.as_deref() {
        Ok([]) => measure(&folder, COMMITS, TASKS),
        Ok([commits, tasks]) if *commits > corpus::RANGE && *tasks >= corpus::RANGE => {
            measure(&folder, *commits, *tasks)
        }
        _ => Err("the size is a number of commits and one of tasks, such as 5000 1000".into()),
    };
    // A run that was interrupted leaves its folder to the next.
    let cleaned = std::fs::remove_dir_all(&folder);
    match done.and_then(|()| cleaned.map_err(Into::into)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(folder: &Path, commits: usize, tasks: usize) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    eprintln!("making a repository of {commits} commits and {tasks} tasks");
    let corpus = Corpus::create(folder, commits, tasks)?;
    println!("| {commits} commits, {tasks} tasks | wall | processors | promised | medians | peak |");
    println!("|---|--:|--:|---|---|--:|");
    for (range, most) in [(corpus::RANGE, 2.0), (10, 4.0)] {
        for verb in ["check", "review"] {
            compare(&corpus, verb, range, most)?;
        }
    }
    Ok(())
}

fn compare(corpus: &Corpus, verb: &str, range: usize, most: f64) -> Result<()> {
    let base = format!("work~{range}");
    let between = format!("{base}..work");
    let own: &[&str] = if verb == "check" {
        &["check", "--base", &base, "--head", "work", "--quiet"]
    } else {
        &["review", &between, "--quiet"]
    };
    let log = ["log", "--raw", "-m", "--first-parent", between.as_str()];
    let (git, own) =
        (Process::new("git", &log, corpus.folder()), Process::new(TRACKER, own, corpus.folder()));
    let racers: [Racer<'_>; 2] = [Box::new(|| git.run()), Box::new(|| own.run())];
    let [git, own] = race(ROUNDS, racers)?;
    let ratio = own.median() / git.median();
    let verdict = if ratio <= most { "pass" } else { "**miss**" };
    println!(
        "| `{verb}` of {range} commits : `git log --raw -m --first-parent` | {ratio:.2} × | {:.2} × | ≤ {most} ×: {verdict} | {:.1} ms : {:.1} ms, at best {:.1} : {:.1} | {:.0} MB |",
        own.cpu() / git.cpu(),
        own.median(),
        git.median(),
        own.min(),
        git.min(),
        own.peak()
    );
    Ok(())
}
