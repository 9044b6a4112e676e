//! What ten actions of every day cost where there are few tasks: whole processes, as somebody waits for them. Where the
//! machine is busy, believe the shortest.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::history::{BODY, record, task_id};
use crate::measure::{Process, Racer, Row, Table, race};

const ROUNDS: usize = 15;
/// Most milliseconds that one may take.
const MOST: f64 = 10.0;

/// Measures in a repository of N tasks that nobody has begun.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let tasks = sizes[0];
    if tasks < 6 * (ROUNDS + 1) {
        return Err(format!("there must be {} tasks", 6 * (ROUNDS + 1)).into());
    }
    let world = World::create(folder, tasks)?;
    let table = Table::begin(&format!("ten actions at {tasks} tasks"));
    let written = race(
        ROUNDS,
        [
            world.action(&["new", "Another task"], None),
            world.action(&["start"], Some((0, &[]))),
            world.action(&["tick"], Some((1, &["1"]))),
            world.action(&["note"], Some((2, &["Tried it on a small screen"]))),
            world.action(&["set"], Some((3, &["priority=critical"]))),
            world.action(&["done"], Some((4, &[]))),
        ],
    )?;
    let read = race(
        ROUNDS,
        [
            world.action(&["list"], None),
            world.action(&["show"], Some((5, &[]))),
            world.action(&["search", "whole"], None),
            world.action(&["board"], None),
        ],
    )?;
    let names = ["new", "start", "tick", "note", "set", "done", "list", "show", "search", "board"];
    for (name, samples) in names.iter().zip(written.iter().chain(&read)) {
        table.add(&Row::limit(&format!("`{name}`"), samples, MOST));
    }
    table.end();
    Ok(())
}

struct World(PathBuf);

impl World {
    fn create(folder: &Path, tasks: usize) -> Result<Self> {
        let top = folder.join("repository");
        fs::create_dir_all(top.join(".tracker/tasks"))?;
        Process::git(&["init", "--quiet", "--initial-branch=main"], &top).run()?;
        Process::tracker(&["init", "--profile", "solo"], &top).run()?;
        for number in 0..tasks {
            let id = task_id(number);
            let text = record(&id, number, &[]).replace(BODY, &BODY.replace("- [x]", "- [ ]"));
            fs::write(top.join(format!(".tracker/tasks/{id}.md")), text)?;
        }
        Process::git(&["add", "."], &top).run()?;
        Process::git(&["commit", "--quiet", "--message", "Plan"], &top).run()?;
        // An index that is as young as the files is not believed.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        Process::tracker(&["list"], &top).run()?;
        Ok(Self(top))
    }

    /// An action, each time on another task where it is about one: of several actions, which one it is, and what follows the id.
    fn action<'a>(&'a self, words: &'a [&'a str], task: Option<(usize, &'a [&'a str])>) -> Racer<'a> {
        let turn = Cell::new(0);
        Box::new(move || {
            let mut all: Vec<String> = words.iter().map(ToString::to_string).collect();
            if let Some((at, rest)) = task {
                let number = turn.replace(turn.get() + 1) * 6 + at;
                all.push(task_id(number));
                all.extend(rest.iter().map(ToString::to_string));
            }
            Process::tracker(&all.iter().map(String::as_str).collect::<Vec<_>>(), &self.0).run()
        })
    }
}
