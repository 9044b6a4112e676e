//! What the commands cost as whole processes, and whether that keeps the promises of the README's table.
//!
//! `cargo bench --bench commands` measures at 10,000 tasks and at ten times as many; `-- 2000` at another size.
//! Needs git and about half a gigabyte of disk below `target/`, which is free again at the end. Everything is
//! judged by ratios of commands that ran in turn, A B A B, so that a busy machine slows both sides alike; the
//! absolute times belong to the machine they were taken on. Where it is busy all the time, the ratios of processor
//! time are the ones to believe. Two minutes where nothing else runs.

mod corpus;
mod process;
mod race;
mod table;

use std::cell::Cell;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use corpus::Corpus;
use process::Process;
use race::{Racer, race};
use table::{Row, Table};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TRACKER: &str = env!("CARGO_BIN_EXE_tracker");
const FILTER: [&str; 3] = ["list", "stage:qa", "priority>=high"];
const SIZE: usize = 10_000;
/// How many times larger the large repository is.
const SCALE: usize = 10;
/// Rounds of commands that take milliseconds, and below it of those that take longer.
const ROUNDS: usize = 40;
const FEW: usize = 10;

fn main() -> ExitCode {
    // cargo itself passes `--bench`.
    let size = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands");
    let done = match size.map_or(Ok(SIZE), |text| text.parse()) {
        Ok(size) => measure(&folder, size),
        Err(_) => Err("the size is a number of tasks, such as 10000".into()),
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

fn measure(folder: &Path, size: usize) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    eprintln!("making repositories of {size} and {} tasks", size * SCALE);
    let small = Corpus::create(&folder.join("small"), size)?;
    small.commit()?;
    let large = Corpus::create(&folder.join("large"), size * SCALE)?;
    for corpus in [&small, &large] {
        corpus.warm_index()?;
    }
    let table = &Table::begin(size);
    start_up(&small, table)?;
    listing(&small, table)?;
    scaling(&small, &large, table)?;
    memory(&small, table)?;
    single(&small, table)?;
    others(&small, table)?;
    table.end();
    Ok(())
}

fn start_up(corpus: &Corpus, table: &Table) -> Result<()> {
    let [none, version] = race(
        ROUNDS,
        [always(Process::new("true", &[], corpus.folder())), always(corpus.tracker(&["--version"]))],
    )?;
    table.add(&Row::within("start-up: `--version` over `true`", &version, &none, 2.0));
    Ok(())
}

fn listing(corpus: &Corpus, table: &Table) -> Result<()> {
    let status = || always(corpus.git(&["status"]));
    let [git, list] = race(ROUNDS, [status(), always(corpus.tracker(&FILTER))])?;
    table.add(&Row::ratio("`list` with a filter : `git status`", &list, &git, 1.0));
    let [git, list] = race(FEW, [status(), without_index(corpus, &FILTER)])?;
    table.add(&Row::ratio("`list` without an index : `git status`", &list, &git, 12.0));
    corpus.warm_index()
}

fn scaling(small: &Corpus, large: &Corpus, table: &Table) -> Result<()> {
    for (name, command) in [("list` with a filter", FILTER.as_slice()), ("queue`", &["queue"])] {
        let [one, ten] = race(FEW, [always(small.tracker(command)), always(large.tracker(command))])?;
        table.add(&Row::ratio(&format!("`{name}, {SCALE} × the tasks"), &ten, &one, 12.0));
    }
    Ok(())
}

fn memory(corpus: &Corpus, table: &Table) -> Result<()> {
    let [list, queue, board, fresh] = race(
        FEW,
        [
            always(corpus.tracker(&["list"])),
            always(corpus.tracker(&["queue"])),
            always(corpus.tracker(&["board"])),
            without_index(corpus, &["list"]),
        ],
    )?;
    let named =
        [("`list`", &list), ("`queue`", &queue), ("`board`", &board), ("`list` without an index", &fresh)];
    for (name, samples) in named {
        table.add(&Row::peak(&format!("peak memory of {name}"), samples, 60.0));
    }
    for (name, samples) in [("`list`, every open task", &list), ("`queue`", &queue), ("`board`", &board)] {
        table.add(&Row::figure(name, samples));
    }
    corpus.warm_index()
}

/// Commands about one task: twice the start of the program, and what the disk asks for.
fn single(corpus: &Corpus, table: &Table) -> Result<()> {
    let (task, turn) = (corpus.task_id(corpus.size() / 2), Cell::new(0));
    let set = || {
        turn.set(turn.get() + 1);
        corpus.tracker(&["set", &task, &format!("assignee=person-{}", turn.get())]).run()
    };
    let [version, sync, show, set, new] = race(
        ROUNDS,
        [
            always(corpus.tracker(&["--version"])),
            Box::new(|| corpus.write_and_sync()),
            always(corpus.tracker(&["show", &task])),
            Box::new(set),
            always(corpus.tracker(&[
                "new",
                "Say where the time goes",
                "--priority",
                "high",
                "--tag",
                "speed",
            ])),
        ],
    )?;
    table.add(&Row::ratio("`show` : `--version`", &show, &version, 2.0));
    for (name, samples) in [("set", &set), ("new", &new)] {
        table.add(&Row::ratio_beyond(
            &format!("`{name}` without its sync : `--version`"),
            samples,
            &sync,
            &version,
            2.0,
        ));
    }
    table.add(&Row::figure("file and folder sync, in process", &sync));
    Ok(())
}

/// Figures without a promise.
fn others(corpus: &Corpus, table: &Table) -> Result<()> {
    let task = corpus.task_id(corpus.size() / 2);
    let batch = corpus.batch(1000)?;
    let [deps, doctor, at, log, new] = race(
        FEW / 2,
        [
            always(corpus.tracker(&["deps", &task])),
            always(corpus.tracker(&["doctor"])),
            always(corpus.tracker(&["list", "--at", "HEAD", "stage:qa"])),
            always(corpus.tracker(&["log", &task])),
            always(corpus.tracker(&["new", "--batch", &batch])),
        ],
    )?;
    let named = [
        ("`deps` of a task", &deps),
        ("`doctor`", &doctor),
        ("`list --at HEAD` with a filter", &at),
        ("`log` of a task", &log),
        ("`new --batch`, 1,000 tasks", &new),
    ];
    for (name, samples) in named {
        table.add(&Row::figure(name, samples));
    }
    Ok(())
}

fn always<'a>(process: Process) -> Racer<'a> {
    Box::new(move || process.run())
}

fn without_index<'a>(corpus: &'a Corpus, command: &[&str]) -> Racer<'a> {
    let process = corpus.tracker(command);
    Box::new(move || {
        corpus.forget_index()?;
        process.run()
    })
}
