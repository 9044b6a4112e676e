//! What `check` and `review` cost on a history of the shape of a real project: thousands of files in deep folders, short
//! branches that are merged, each of a task with its votes, all of it packed. Looked at are the last 10, 100 and 1,000
//! commits. Half of the commits are no first parents, and judged like all others: beside `git log` of the first parents
//! is that of all commits, which is what must be read.

mod corpus;

use std::path::Path;

use self::corpus::Corpus;
use crate::Result;
use crate::measure::{Process, Racer, Row, Table, race};

const ROUNDS: usize = 15;
/// How many commits are looked at, and how many times what git takes that may take.
const RANGES: [(usize, f64); 3] = [(10, 3.0), (100, 3.0), (1000, 2.0)];

/// Measures in a repository of N commits and files.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let (commits, files) = (sizes[0], sizes[1]);
    if commits < 2000 || files < 100 {
        return Err("there must be 2,000 commits and 100 files at least".into());
    }
    eprintln!("making a packed repository of {commits} commits and {files} files");
    let corpus = Corpus::create(folder, commits, files)?;
    let table = Table::begin(&format!("{commits} commits of {files} files, packed"));
    for (range, most) in RANGES {
        let base = corpus.base(range);
        let between = format!("{base}..main");
        let git = Process::git(&["log", "--raw", "-m", "--first-parent", &between], corpus.folder());
        let all = Process::git(&["log", "--raw", "-m", &between], corpus.folder());
        for own in [
            ["check", "--base", &base, "--head", "main", "--quiet"].as_slice(),
            &["review", &between, "--quiet"],
        ] {
            let own_process = Process::tracker(own, corpus.folder());
            let racers: [Racer<'_>; 3] =
                [Box::new(|| git.run()), Box::new(|| all.run()), Box::new(|| own_process.run())];
            let [git, all, tracker] = race(ROUNDS, racers)?;
            let what = format!("`{}` of {range} packed commits : `git log --raw -m --first-parent`", own[0]);
            table.add(&Row::ratio(&what, &tracker, &git, most));
            let what = format!("`{}` of {range} packed commits : `git log --raw -m`", own[0]);
            table.add(&Row::ratio(&what, &tracker, &all, most));
        }
    }
    table.end();
    Ok(())
}
