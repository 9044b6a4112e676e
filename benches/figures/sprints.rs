//! What closing a sprint costs where the history is long, and a forecast from what the tasks say.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use tracker::doc::{create_vote, vote_file_name};

use crate::Result;
use crate::history::{self, BODY, Step, content, now_in_seconds, record, task_id};
use crate::measure::{Process, Racer, Row, Table, race};

const ROUNDS: usize = 11;
/// How many days before today the tasks were finished, one after the other.
const DAYS: i64 = 80;
const DAY: i64 = 24 * 60 * 60;
/// How many commits of the sprint belong to each of its tasks.
const STEPS: usize = 3;

/// Measures a sprint of M tasks, all of them complete and voted on, in a repository of N commits.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let (commits, tasks) = (sizes[0], sizes[1]);
    if tasks < 100 || commits < STEPS * tasks {
        return Err(format!("there must be 100 tasks at least, and {STEPS} commits for each").into());
    }
    eprintln!("making a repository of {commits} commits and a sprint of {tasks} tasks");
    let world = World::create(folder, commits, tasks)?;
    let table = Table::begin(&format!("{tasks} tasks in {commits} commits"));
    let run = |arguments: &[&str]| -> Racer<'_> {
        let process = Process::tracker(arguments, &world.0);
        Box::new(move || process.run())
    };
    let close = ["sprint", "close", "SPRINT-1", "--dry-run"];
    let [version, list, dry, texts, forecast] = race(
        ROUNDS,
        [
            run(&["--version"]),
            run(&["list", "--all"]),
            run(&close),
            run(&[close.as_slice(), &["--format", "json"]].concat()),
            run(&["forecast", "--when", "30", "--trials", "100000"]),
        ],
    )?;
    let what = format!("`sprint close --dry-run` of {tasks} tasks : `list --all`");
    table.add(&Row::ratio(&what, &dry, &list, 3.0));
    table.add(&Row::ratio("`forecast` of 30 tasks, 100,000 trials : `--version`", &forecast, &version, 10.0));
    table.add(&Row::figure("`sprint close --dry-run --format json`, with every text", &texts));
    table.end();
    Ok(())
}

struct World(PathBuf);

impl World {
    fn create(folder: &Path, commits: usize, tasks: usize) -> Result<Self> {
        let world = Self(folder.join("repository"));
        fs::create_dir_all(world.0.join(".tracker/tasks"))?;
        world.git(&["init", "--quiet", "--initial-branch=main"])?;
        world.tracker(&["init", "--profile", "plain", "--no-hooks"])?;
        let config = world.0.join(".tracker/config.toml");
        let text = fs::read_to_string(&config)?;
        fs::write(&config, text + "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n")?;
        for number in 0..tasks {
            fs::write(world.0.join(path(number)), planned(number, &[]))?;
        }
        world.tracker(&["sprint", "new", "SPRINT-1"])?;
        world.commit("Plan")?;
        world.import(&folder.join("stream"), 0..commits - STEPS * tasks, None)?;
        world.tracker(&["sprint", "start", "SPRINT-1"])?;
        world.commit("Start")?;
        world.import(&folder.join("stream"), commits - STEPS * tasks..commits, Some(tasks))?;
        for arguments in [["gc", "--quiet"].as_slice(), &["status"]] {
            world.git(arguments)?;
        }
        // An index that is as young as the files is not believed.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        world.tracker(&["list"])?;
        Ok(world)
    }

    /// Adds commits to the branch, of code or of work on one task after the other.
    fn import(&self, stream: &Path, numbers: Range<usize>, tasks: Option<usize>) -> Result<()> {
        write_history(stream, numbers, tasks)?;
        Process::git(&["fast-import", "--quiet"], &self.0).reading(stream).run()?;
        fs::remove_file(stream)?;
        self.git(&["reset", "--quiet", "--hard"])
    }

    fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "."])?;
        self.git(&["-c", "gc.auto=0", "commit", "--quiet", "--message", message])
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        Process::git(arguments, &self.0).run().map(drop)
    }

    fn tracker(&self, arguments: &[&str]) -> Result<()> {
        Process::tracker(arguments, &self.0).run().map(drop)
    }
}

/// Writes what `git fast-import` reads.
fn write_history(stream: &Path, numbers: Range<usize>, tasks: Option<usize>) -> Result<()> {
    let mut out = BufWriter::new(File::create(stream)?);
    let (begun, first) = (now_in_seconds()? - DAYS * DAY, numbers.start);
    let step = DAYS * DAY / i64::try_from(numbers.len().max(1))?;
    for number in numbers {
        let at = begun + step * i64::try_from(number - first)?;
        let ended = tasks.filter(|_| (number - first) % STEPS == STEPS - 1).map(|_| (number - first) / STEPS);
        let link = ended.map_or_else(String::new, |task| format!("\n\nTask: {}", task_id(task)));
        history::commit(&mut out, "main", "Ken", at, &format!("Change {number}{link}"))?;
        if number == first {
            writeln!(out, "from refs/heads/main^0")?;
        }
        history::file(&mut out, &history::source("lib", number), &content(number))?;
        if let Some(task) = ended {
            let id = task_id(task);
            let moves = [
                (at - 3 * 60, "Ken", "none", "dev"),
                (at - 2 * 60, "Ken", "dev", "qa"),
                (at - 60, "Ada", "qa", "complete"),
            ];
            history::file(&mut out, &path(task), &planned(task, &moves))?;
            let vote = history::vote(&id, at - 60, BODY, &[])?;
            let name = format!(".tracker/signoffs/{id}/{}", vote_file_name(&vote));
            history::file(&mut out, &name, &create_vote(&vote))?;
        }
    }
    Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
}

fn path(number: usize) -> String {
    format!(".tracker/tasks/{}.md", task_id(number))
}

fn planned(number: usize, moves: &[Step<'_>]) -> String {
    record(&task_id(number), number, moves).replace("stage:", "sprint: SPRINT-1\nestimate: 45m\nstage:")
}
