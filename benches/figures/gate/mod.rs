//! What `check` and `review` cost against `git log` of the same range. The last 1,000 commits of the repository are an
//! honest pull request of 200 tasks; looked at are all of it and its last 10 commits.

mod corpus;

use std::path::Path;

use self::corpus::Corpus;
use crate::Result;
use crate::measure::{Process, Racer, Row, Table, race};

const ROUNDS: usize = 15;
/// What looking at a range may need, in megabytes.
const MEMORY: f64 = 150.0;

/// Measures in a repository of N commits and tasks.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let (commits, tasks) = (sizes[0], sizes[1]);
    if commits <= corpus::RANGE || tasks < corpus::RANGE {
        return Err(format!("there must be more than {} commits, and as many tasks", corpus::RANGE).into());
    }
    eprintln!("making a repository of {commits} commits and {tasks} tasks");
    let corpus = Corpus::create(folder, commits, tasks)?;
    let table = Table::begin(&format!("{commits} commits, {tasks} tasks"));
    for (range, most) in [(corpus::RANGE, 2.0), (10, 4.0)] {
        for verb in ["check", "review"] {
            compare(&corpus, &table, verb, range, most)?;
        }
    }
    table.end();
    Ok(())
}

fn compare(corpus: &Corpus, table: &Table, verb: &str, range: usize, most: f64) -> Result<()> {
    let base = format!("work~{range}");
    let between = format!("{base}..work");
    let own: &[&str] = if verb == "check" {
        &["check", "--base", &base, "--head", "work", "--quiet"]
    } else {
        &["review", &between, "--quiet"]
    };
    let log = ["log", "--raw", "-m", "--first-parent", between.as_str()];
    let (git, own) = (Process::git(&log, corpus.folder()), Process::tracker(own, corpus.folder()));
    let racers: [Racer<'_>; 2] = [Box::new(|| git.run()), Box::new(|| own.run())];
    let [git, own] = race(ROUNDS, racers)?;
    let what = format!("`{verb}` of {range} commits");
    table.add(&Row::ratio(&format!("{what} : `git log --raw -m --first-parent`"), &own, &git, most));
    table.add(&Row::peak(&format!("peak memory of {what}"), &own, MEMORY));
    Ok(())
}
