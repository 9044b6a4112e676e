//! What the tracker costs, as whole processes against git and against each other, and whether that keeps the promises
//! of the README's table.
//!
//! `cargo bench --bench figures` measures all of it; with a part's name only that part, with numbers after the name at
//! another size: `-- commands 2000`, `-- everyday 500`, `-- hooks 5000 1000`, `-- gate 5000 1000`,
//! `-- packed 5000 500`, `-- plans 20`, `-- runs 500 5000`, `-- sprints 5000 200`. The promises are made for the usual
//! sizes. Everything is judged by ratios of commands that ran in turn, A B A B, so that a busy machine slows both sides
//! alike; the absolute times belong to the machine they were taken on. Where it is busy all the time, the ratios of the
//! processors' time are the ones to believe. Needs git, and a gigabyte of disk below `target/`, which is free again at
//! the end.

#![expect(clippy::disallowed_methods, reason = "measures programs")]

mod commands;
mod everyday;
mod gate;
mod history;
mod hooks;
mod measure;
mod packed;
mod plans;
mod runs;
mod sprints;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use measure::install;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What can be measured by itself.
struct Part {
    name: &'static str,
    usual: &'static [usize],
    /// Measures in a folder of its own, at a size.
    measure: fn(&Path, &[usize]) -> Result<()>,
}

const PARTS: [Part; 8] = [
    Part { name: "commands", usual: &[10_000], measure: commands::measure },
    Part { name: "everyday", usual: &[200], measure: everyday::measure },
    Part { name: "hooks", usual: &[50_000, 10_000], measure: hooks::measure },
    Part { name: "gate", usual: &[50_000, 10_000], measure: gate::measure },
    Part { name: "packed", usual: &[20_000, 4_000], measure: packed::measure },
    Part { name: "plans", usual: &[100], measure: plans::measure },
    Part { name: "runs", usual: &[1_000, 10_000], measure: runs::measure },
    Part { name: "sprints", usual: &[50_000, 1_000], measure: sprints::measure },
];

fn main() -> ExitCode {
    // cargo itself passes `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<()> {
    let Some((name, sizes)) = words.split_first() else {
        return PARTS.iter().try_for_each(|part| part.run(part.usual));
    };
    let known = || format!("the parts are {}", PARTS.map(|part| part.name).join(", "));
    let part = PARTS.into_iter().find(|part| part.name == name).ok_or_else(known)?;
    let sizes: Vec<usize> = sizes.iter().map(|text| text.parse()).collect::<std::result::Result<_, _>>()?;
    match sizes.len() {
        0 => part.run(part.usual),
        given if given == part.usual.len() => part.run(&sizes),
        _ => {
            Err(format!("the size of {name} is {} numbers, such as {:?}", part.usual.len(), part.usual)
                .into())
        }
    }
}

impl Part {
    fn run(&self, sizes: &[usize]) -> Result<()> {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
        // A run that was interrupted leaves its folder to the next.
        if all.exists() {
            fs::remove_dir_all(&all)?;
        }
        let folder = all.join(self.name);
        fs::create_dir_all(&folder)?;
        install()?;
        let done = (self.measure)(&folder, sizes);
        let cleaned = fs::remove_dir_all(&all);
        done.and_then(|()| cleaned.map_err(Into::into))
    }
}
