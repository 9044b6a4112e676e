//! What the hooks add to `git commit`: with our hooks, with empty ones and with none, in turn. Judged are medians of what
//! each round's commits took longer than that round's commit without hooks.

mod corpus;

use std::path::Path;

use self::corpus::{Corpus, Hooks};
use crate::Result;
use crate::measure::{Racer, Row, Table, race};

/// Rounds of commits that differ by what a process takes to start, and below it of those that differ by more.
const ROUNDS: usize = 150;
const SOME: usize = 40;
const FEW: usize = 15;

/// Measures in a repository of N commits and tasks.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let (commits, tasks) = (sizes[0], sizes[1]);
    if commits < 2 * corpus::REVIEWED || tasks < 10 * SOME {
        return Err(format!("there must be {} commits and {} tasks", 2 * corpus::REVIEWED, 10 * SOME).into());
    }
    eprintln!("making a repository of {commits} commits and {tasks} tasks");
    let corpus = &Corpus::create(folder, commits, tasks)?;
    let table = &Table::begin(&format!("{commits} commits, {tasks} tasks"));
    plain(corpus, table)?;
    moving(corpus, table)?;
    reviewing(corpus, table)?;
    beside(corpus, table)?;
    table.end();
    Ok(())
}

/// Commits that move nothing: one that names no task, one that is linked to a task at work.
fn plain(corpus: &Corpus, table: &Table) -> Result<()> {
    for linked in [false, true] {
        let message = |number| corpus.message(number, linked);
        let hooks = [Hooks::None, Hooks::Empty, Hooks::Ours];
        let [none, empty, ours] = race(ROUNDS, hooks.map(|hooks| commit(corpus, hooks, &message)))?;
        let what = if linked { "that links a task" } else { "that names no task" };
        let what = format!("all hooks at a commit {what} : as many empty ones");
        table.add(&Row::added(&what, [&ours, &empty, &none], Some(1.5)));
    }
    Ok(())
}

/// Commits that move a task, against doing the same by hand after the commit.
fn moving(corpus: &Corpus, table: &Table) -> Result<()> {
    let message = |number| corpus.message(number, false);
    let advance = |number| Ok(format!("Change {number}\n\nAdvance: {}", corpus.next_to_move()?));
    let [none, ours, by_hand] = race(
        SOME,
        [
            commit(corpus, Hooks::None, &message),
            commit(corpus, Hooks::Ours, &advance),
            Box::new(|| corpus.commit_and_amend()),
        ],
    )?;
    let what = "all hooks at a commit that moves a task : `git add` and `git commit --amend --no-verify`";
    table.add(&Row::ratio(what, &ours.beyond(&none), &by_hand, 0.5));
    Ok(())
}

/// What the votes on a task with many commits cost, with what is remembered of the links and without.
fn reviewing(corpus: &Corpus, table: &Table) -> Result<()> {
    let task = corpus.reviewed();
    let arguments = ["signoffs", task.as_str()];
    let log = corpus.log_of_linked()?;
    let log: Vec<&str> = log.iter().map(String::as_str).collect();
    corpus.tracker(&["approve", &task, "--as", "reviewer"]).run()?;
    corpus.tracker(&arguments).run()?;
    let [git, warm] =
        race(FEW, [Box::new(|| corpus.git(&log).run()), Box::new(|| corpus.tracker(&arguments).run())])?;
    let what = format!("`signoffs` of {} commits : `git log --raw` of them", corpus::REVIEWED);
    table.add(&Row::ratio(&what, &warm, &git, 3.0));
    let grep = format!("--grep=^Task: {task}$");
    let search = ["log", "--raw", "--format=%H %an %ae%n%B", grep.as_str()];
    let cold = || {
        corpus.forget_links()?;
        corpus.tracker(&arguments).run()
    };
    let [git, cold] = race(FEW / 3, [Box::new(|| corpus.git(&search).run()), Box::new(cold)])?;
    let what = "the same where no link is remembered : `git log --raw --grep` over the history";
    table.add(&Row::ratio(what, &cold, &git, 3.0));
    Ok(())
}

/// Another manager of hooks, for comparison.
fn beside(corpus: &Corpus, table: &Table) -> Result<()> {
    if !corpus.install_other()? {
        println!("\npre-commit is not on PATH, and so is not compared: pip install pre-commit");
        return Ok(());
    }
    let message = |number| corpus.message(number, false);
    let hooks = [Hooks::None, Hooks::Ours, Hooks::Other];
    let [none, ours, other] = race(FEW, hooks.map(|hooks| commit(corpus, hooks, &message)))?;
    let what = "all hooks at a commit that names no task : pre-commit with one hook that does nothing";
    table.add(&Row::added(what, [&ours, &other, &none], None));
    Ok(())
}

fn commit<'a>(corpus: &'a Corpus, hooks: Hooks, message: &'a dyn Fn(usize) -> Result<String>) -> Racer<'a> {
    Box::new(move || corpus.commit(hooks, message))
}
