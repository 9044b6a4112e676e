//! What the hooks add to `git commit`, and whether that keeps the promises of the README's table.
//!
//! `cargo bench --bench hooks` makes a repository of 50,000 commits and 10,000 tasks and commits into it with our
//! hooks, with empty ones and with none, in turn, so that a busy machine slows all of them alike; `-- 5000 1000` is
//! another size. Judged are medians of what each round's commits took longer than that round's commit without hooks;
//! on a machine that has other work, look at the column of the processors' time.
//! Needs git, and a gigabyte of disk below `target/`, which is free again at the end.

mod corpus;
mod program;
mod rounds;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use corpus::{Corpus, Hooks};
use rounds::{Runner, Took, rounds};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const COMMITS: usize = 50_000;
const TASKS: usize = 10_000;
/// Rounds of commits that differ by what a process takes to start, and below it of those that differ by more.
const ROUNDS: usize = 150;
const SOME: usize = 40;
const FEW: usize = 15;

fn main() -> ExitCode {
    // cargo itself passes `--bench`.
    let sizes = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let sizes: std::result::Result<Vec<usize>, _> = sizes.map(|text| text.parse()).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hooks");
    let done = match sizes.as_deref() {
        Ok([]) => measure(&folder, COMMITS, TASKS),
        Ok([commits, tasks]) if *commits >= 2 * corpus::REVIEWED && *tasks >= 10 * SOME => {
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
    program::install()?;
    eprintln!("making a repository of {commits} commits and {tasks} tasks");
    let corpus = &Corpus::create(folder, commits, tasks)?;
    println!("| {commits} commits, {tasks} tasks | measured | processors | promised | medians |");
    println!("|---|--:|--:|---|---|");
    plain(corpus)?;
    moving(corpus)?;
    reviewing(corpus)?;
    beside(corpus)
}

/// Commits that move nothing: one that names no task, one that is linked to a task at work.
fn plain(corpus: &Corpus) -> Result<()> {
    for linked in [false, true] {
        let message = |number| corpus.message(number, linked);
        let [none, empty, ours] = rounds(
            ROUNDS,
            [
                commit(corpus, Hooks::None, &message),
                commit(corpus, Hooks::Empty, &message),
                commit(corpus, Hooks::Ours, &message),
            ],
        )?;
        let (empty, ours) = (empty.beyond(&none), ours.beyond(&none));
        let what = if linked { "that links a task" } else { "that names no task" };
        row(&format!("all hooks at a commit {what} : as many empty ones"), ours, empty, Some(1.5));
    }
    Ok(())
}

/// Commits that move a task, against doing the same by hand after the commit.
fn moving(corpus: &Corpus) -> Result<()> {
    let message = |number| corpus.message(number, false);
    let advance = |number| Ok(format!("Change {number}\n\nAdvance: {}", corpus.next_to_move()?));
    let [none, ours, by_hand] = rounds(
        SOME,
        [
            commit(corpus, Hooks::None, &message),
            commit(corpus, Hooks::Ours, &advance),
            Box::new(|| corpus.commit_and_amend()),
        ],
    )?;
    row(
        "all hooks at a commit that moves a task : `git add` and `git commit --amend --no-verify`",
        ours.beyond(&none),
        by_hand.medians(),
        Some(0.5),
    );
    Ok(())
}

/// What the votes on a task with many commits cost, with what is remembered of the links and without.
fn reviewing(corpus: &Corpus) -> Result<()> {
    let task = corpus.reviewed();
    let arguments = ["signoffs", task.as_str()];
    let log = corpus.log_of_linked()?;
    let log: Vec<&str> = log.iter().map(String::as_str).collect();
    corpus.tracker(&["approve", &task, "--as", "reviewer"]).run()?;
    corpus.tracker(&arguments).run()?;
    let [git, warm] =
        rounds(FEW, [Box::new(|| corpus.git(&log).run()), Box::new(|| corpus.tracker(&arguments).run())])?;
    row(
        &format!("`signoffs` of {} commits : `git log --raw` of them", corpus::REVIEWED),
        warm.medians(),
        git.medians(),
        Some(3.0),
    );
    let grep = format!("--grep=^Task: {task}$");
    let search = ["log", "--raw", "--format=%H %an %ae%n%B", grep.as_str()];
    let cold = || {
        corpus.forget_links()?;
        corpus.tracker(&arguments).run()
    };
    let [git, cold] = rounds(FEW / 3, [Box::new(|| corpus.git(&search).run()), Box::new(cold)])?;
    row(
        "the same where no link is remembered : `git log --raw --grep` over the history",
        cold.medians(),
        git.medians(),
        Some(3.0),
    );
    Ok(())
}

/// Another manager of hooks, for comparison.
fn beside(corpus: &Corpus) -> Result<()> {
    if !corpus.install_other()? {
        println!("\npre-commit is not on PATH, and so is not compared: pip install pre-commit");
        return Ok(());
    }
    let message = |number| corpus.message(number, false);
    let [none, ours, other] = rounds(
        FEW,
        [
            commit(corpus, Hooks::None, &message),
            commit(corpus, Hooks::Ours, &message),
            commit(corpus, Hooks::Other, &message),
        ],
    )?;
    let what = "all hooks at a commit that names no task : pre-commit with one hook that does nothing";
    row(what, ours.beyond(&none), other.beyond(&none), None);
    Ok(())
}

fn commit<'a>(corpus: &'a Corpus, hooks: Hooks, message: &'a dyn Fn(usize) -> Result<String>) -> Runner<'a> {
    Box::new(move || corpus.commit(hooks, message))
}

fn row(what: &str, ours: Took, other: Took, most: Option<f64>) {
    let measured = ours.wall / other.wall;
    let promise = match most {
        Some(most) if measured <= most => format!("≤ {most} ×: pass"),
        Some(most) => format!("≤ {most} ×: **miss**"),
        None => String::new(),
    };
    let (processors, medians) = (ours.cpu / other.cpu, format!("{:.2} ms : {:.2} ms", ours.wall, other.wall));
    println!("| {what} | {measured:.2} × | {processors:.2} × | {promise} | {medians} |");
}
