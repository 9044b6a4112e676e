//! What executing a plan costs beside a shell script that makes the same working trees, commits and merges with git, one
//! after another; and how long it takes until its first executor begins. The executor writes one line.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use wait4::Wait4;

use crate::Result;
use crate::measure::{Process, Racer, Row, Run, Table, race};

const ROUNDS: usize = 3;

const CONFIG: &str = "\
format = 2
[pipeline]
stages = [\"dev\"]
[executors.dev]
command = [\"sh\", \"-c\", \"echo done >$TRACKER_FILES\"]
";

/// Makes for each task what the execution of a plan makes.
const SCRIPT: &str = "\
set -e
git worktree add --quiet -b script ../into
for task in $(seq \"$1\"); do
  git worktree add --quiet -b \"task-$task\" ../task script
  sh -c \"echo done >../task/$task\"
  git -C ../task add --all
  git -C ../task commit --quiet --message \"Task $task\"
  git -C ../into merge --quiet --no-ff --message \"Merge $task\" \"task-$task\"
  git worktree remove ../task
  git branch --quiet -D \"task-$task\"
done
git worktree remove ../into
";

/// Measures a plan of N tasks that depend on nothing.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let tasks = sizes[0];
    let world = World::create(folder, tasks)?;
    let count = tasks.to_string();
    let racers: [Racer<'_>; 3] = [
        Box::new(|| {
            world.process("plan", |top| Process::tracker(&["plan", "execute", &world.plan], top))?.run()
        }),
        Box::new(|| {
            world.process("script", |top| Process::new("sh", &["-c", SCRIPT, "sh", &count], top))?.run()
        }),
        Box::new(|| world.first_executor()),
    ];
    let [plan, script, first] = race(ROUNDS, racers)?;
    let table = Table::begin(&format!("a plan of {tasks} tasks"));
    table.add(&Row::limit("the first executor of a plan begins after", &first, 2000.0));
    table.add(&Row::ratio("all tasks : the same by a script with git", &plan, &script, 3.0));
    table.end();
    Ok(())
}

struct World {
    folder: PathBuf,
    plan: String,
}

impl World {
    fn create(folder: &Path, tasks: usize) -> Result<Self> {
        let top = folder.join("origin");
        fs::create_dir_all(&top)?;
        let git = |words: &[&str]| Process::git(words, &top).run();
        git(&["init", "--quiet"])?;
        Process::tracker(&["init", "--profile", "plain", "--no-hooks"], &top).run()?;
        fs::write(top.join(".tracker/config.toml"), CONFIG)?;
        let task = |task: usize| format!("- [ ] {task}. Task {task}\n  - File: {task}\n");
        let list: String = (1..=tasks).map(task).collect();
        fs::write(folder.join("list.md"), format!("# Many\n\n## All\n\n{list}"))?;
        let made = Process::tracker(&["plan", "new", "--from", "../list.md", "--quiet"], &top).output()?;
        let plan = made.trim().to_owned();
        Process::tracker(&["plan", "approve", &plan], &top).run()?;
        git(&["add", "--all"])?;
        git(&["commit", "--quiet", "--message", "Approve a plan"])?;
        Ok(Self { folder: folder.to_owned(), plan })
    }

    /// Returns a program that is about to begin in a fresh clone.
    fn process(&self, name: &str, process: impl FnOnce(&Path) -> Process) -> Result<Process> {
        let own = self.folder.join(name);
        if own.exists() {
            fs::remove_dir_all(&own)?;
        }
        fs::create_dir_all(&own)?;
        Process::git(&["clone", "--quiet", "../origin", "work"], &own).run()?;
        Ok(process(&own.join("work")))
    }

    /// Executes the plan and ends that when its first executor has begun.
    fn first_executor(&self) -> Result<Run> {
        let words = ["plan", "execute", &self.plan, "--jobs", "1", "--events"];
        let process = self.process("first", |top| Process::tracker(&words, top))?;
        let (mut child, start) = process.spawn_piped()?;
        let output = child.stdout.take().ok_or("its output is piped")?;
        let mut lines = BufReader::new(output).lines().map_while(std::result::Result::ok);
        let has_begun = lines.any(|line| line.contains("\"in_progress\""));
        let wall = start.elapsed();
        child.kill()?;
        let ended = child.wait4()?;
        let run = Run { wall, cpu: ended.rusage.utime + ended.rusage.stime, peak: ended.rusage.maxrss };
        if has_begun { Ok(run) } else { Err("no executor has begun".into()) }
    }
}
