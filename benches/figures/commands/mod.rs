//! What the commands cost at many tasks. Two minutes where nothing else runs.

#[cfg(feature = "mcp")]
mod calls;
mod corpus;

use std::cell::Cell;
use std::path::Path;

use self::corpus::Corpus;
use crate::Result;
use crate::history::task_id;
use crate::measure::{Process, Racer, Row, Table, race};

const FILTER: [&str; 3] = ["list", "stage:qa", "priority>=high"];
/// How many votes the tasks of one repository have.
const VOTES: usize = 2000;
/// How many branches have work in flight.
const BRANCHES: usize = 200;
/// How many times larger the large repository is.
const SCALE: usize = 10;
/// Rounds of commands that take milliseconds, and below it of those that take longer.
const ROUNDS: usize = 40;
const FEW: usize = 10;

/// Measures in a repository of N tasks, and in a larger one.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let size = sizes[0];
    eprintln!("making repositories of {size} and {} tasks", size * SCALE);
    let small = Corpus::create(&folder.join("small"), size)?;
    small.commit()?;
    let large = Corpus::create(&folder.join("large"), size * SCALE)?;
    for corpus in [&small, &large] {
        corpus.warm_index()?;
    }
    let voted = Corpus::create(&folder.join("voted"), size)?;
    voted.vote(VOTES)?;
    voted.commit()?;
    voted.warm_index()?;
    let table = &Table::begin(&format!("{size} tasks"));
    start_up(&small, table)?;
    listing(&small, table)?;
    votes(&small, &voted, table)?;
    #[cfg(feature = "mcp")]
    for (corpus, what) in [(&small, ""), (&voted, ", with votes")] {
        calls::measure(corpus, what, table)?;
    }
    drop(voted);
    let branched = Corpus::create(&folder.join("branched"), size)?;
    branched.commit()?;
    let tasks = branched.branch(BRANCHES)?;
    branched.warm_index()?;
    in_flight(&small, (&branched, &tasks), table)?;
    history(&small, table)?;
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

/// Listings where open tasks have votes, beside the same tasks without any.
fn votes(none: &Corpus, voted: &Corpus, table: &Table) -> Result<()> {
    let [without, with, git] = race(
        ROUNDS,
        [always(none.tracker(&["list"])), always(voted.tracker(&["list"])), always(voted.git(&["status"]))],
    )?;
    table.add(&Row::ratio(&format!("`list` with {VOTES} votes : without them"), &with, &without, 1.2));
    table.add(&Row::ratio(&format!("`list` with {VOTES} votes : `git status`"), &with, &git, 1.0));
    Ok(())
}

/// Looking at the branches that have work in flight, and voting on one without a checkout.
fn in_flight(none: &Corpus, (branched, tasks): (&Corpus, &[String]), table: &Table) -> Result<()> {
    let turn = Cell::new(0);
    let vote = || {
        let at = turn.replace(turn.get() + 1) % tasks.len();
        let branch = format!("work-{at}");
        branched.tracker(&["approve", &tasks[at], "--as", "reviewer", "--branch", &branch]).run()
    };
    let [without, with, vote] =
        race(FEW, [always(none.tracker(&["list"])), always(branched.tracker(&["list"])), Box::new(vote)])?;
    let what = format!("`list` with work in flight on {BRANCHES} branches : without");
    table.add(&Row::ratio(&what, &with, &without, 1.5));
    table.add(&Row::figure("`approve --branch`, a vote without a checkout", &vote));
    Ok(())
}

/// Commands that read commits, and those that read all tasks.
fn history(corpus: &Corpus, table: &Table) -> Result<()> {
    let task = task_id(corpus.size() / 2);
    let file = format!(".tracker/tasks/{task}.md");
    let [list, at, deps, log, git] = race(
        FEW,
        [
            always(corpus.tracker(&["list"])),
            always(corpus.tracker(&["list", "--at", "HEAD"])),
            always(corpus.tracker(&["deps", &task])),
            always(corpus.tracker(&["log", &task])),
            always(corpus.git(&["log", "--", &file])),
        ],
    )?;
    table.add(&Row::ratio("`list --at HEAD`, the second time : `list`", &at, &list, 2.0));
    table.add(&Row::ratio("`deps` of a task : `list`", &deps, &list, 1.2));
    table.add(&Row::ratio("`log` of a task : `git log` of its file", &log, &git, 2.0));
    Ok(())
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

/// Commands about one task: twice the start of the program, and what the disk requires.
fn single(corpus: &Corpus, table: &Table) -> Result<()> {
    let (task, turn) = (task_id(corpus.size() / 2), Cell::new(0));
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
    let batch = corpus.batch(1000)?;
    let [doctor, new] = race(
        FEW / 2,
        [always(corpus.tracker(&["doctor"])), always(corpus.tracker(&["new", "--batch", &batch]))],
    )?;
    for (name, samples) in [("`doctor`", &doctor), ("`new --batch`, 1,000 tasks", &new)] {
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
