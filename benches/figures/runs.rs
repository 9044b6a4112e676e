//! What a run costs beside `make`, and beside DBOS where Python has it: of a step that does nothing, without and with the log on disk; how long it takes until the
//! first step of a small and of a large graph begins. Of `make` a recipe that needs a shell, since a step is one too.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use wait4::Wait4;

use crate::Result;
use crate::measure::{Process, Racer, Row, Run, Table, is_on_path, race};

const ROUNDS: usize = 7;
const FIRST_ROUNDS: usize = 21;

/// The same steps as a workflow of DBOS, which prints how many milliseconds one takes.
const DBOS: &str = r#"
import subprocess, sys, time
from dbos import DBOS
DBOS(config={"name": "steps", "system_database_url": "sqlite:///steps.sqlite", "log_level": "ERROR", "run_admin_server": False})
@DBOS.step()
def step():
    return subprocess.call(["/bin/sh", "-c", "/bin/true;"])
@DBOS.workflow()
def steps(count):
    for _ in range(count):
        step()
DBOS.launch()
count = int(sys.argv[1])
begun = time.perf_counter()
steps(count)
print("%.1f" % ((time.perf_counter() - begun) / count * 1000))
DBOS.destroy()
"#;

/// Measures workflows of N steps beside `make`, and the first step of a graph of M.
pub(crate) fn measure(folder: &Path, sizes: &[usize]) -> Result<()> {
    let (steps, graph) = (sizes[0], sizes[1]);
    let world = World::create(folder, steps, graph)?;
    world.beside_dbos(200)?;
    let table = Table::begin(&format!("{steps} steps, and a graph of {graph}"));
    if is_on_path("make") {
        world.beside_make(steps, &table)?;
    } else {
        println!("`make` is not here: nothing was measured beside it");
    }
    let racers: [Racer<'_>; 2] =
        [Box::new(|| world.first_step("small")), Box::new(|| world.first_step("graph"))];
    let [small, large] = race(FIRST_ROUNDS, racers)?;
    table.add(&Row::limit("the first step of a workflow begins after", &small, 30.0));
    table.add(&Row::limit(&format!("the first step of {graph} begins after"), &large, 50.0));
    table.add(&Row::peak(&format!("memory until then, of {graph}"), &large, 200.0));
    table.end();
    Ok(())
}

/// The repository, and how often its runs were taken away.
struct World(PathBuf, AtomicU32);

impl World {
    fn create(folder: &Path, steps: usize, graph: usize) -> Result<Self> {
        let top = folder.join("work");
        fs::create_dir_all(&top)?;
        Process::git(&["init", "--quiet"], &top).run()?;
        Process::tracker(&["init", "--profile", "plain", "--no-hooks"], &top).run()?;
        let workflows = top.join(".tracker/workflows");
        fs::create_dir_all(&workflows)?;
        let write = |name: &str, steps: String| {
            fs::write(workflows.join(format!("{name}.yaml")), format!("retry: 0\nsteps:\n{steps}"))
        };
        write("small", "  only: {run: /bin/true}\n".to_owned())?;
        write("wide", (0..steps).map(|step| format!("  s{step}: {{run: /bin/true}}\n")).collect())?;
        let node = |step: usize| match step {
            0 => "  s0: {run: /bin/true}\n".to_owned(),
            _ => format!("  s{step}: {{run: /bin/true, needs: [s{}]}}\n", step / 2),
        };
        write("graph", (0..graph).map(node).collect())?;
        let all: String = (0..steps).map(|step| format!(" s{step}")).collect();
        // The semicolon needs a shell: `make` would start the program without one.
        let rules: String = (0..steps).map(|step| format!("s{step}:\n\t@/bin/true;\n")).collect();
        fs::write(top.join("Makefile"), format!("all:{all}\n{rules}"))?;
        Ok(Self(top, AtomicU32::new(0)))
    }

    fn beside_make(&self, steps: usize, table: &Table) -> Result<()> {
        let make = Process::new("make", &["-j2", "--silent"], &self.0);
        let own = |more: &[&str]| {
            let words = [&["run", "start", "wide", "--jobs", "2", "--quiet"], more].concat();
            Process::tracker(&words, &self.0)
        };
        let (unsynced, synced) = (own(&["--no-sync"]), own(&[]));
        let racers: [Racer<'_>; 3] = [
            Box::new(|| make.run()),
            Box::new(|| self.forgotten(unsynced.run())),
            Box::new(|| self.forgotten(synced.run())),
        ];
        let [make, unsynced, synced] = race(ROUNDS, racers)?;
        table.add(&Row::ratio("a step of `/bin/true`, unsynced : `make -j2`", &unsynced, &make, 1.2));
        table.add(&Row::within("all steps with the log on disk − `make -j2`", &synced, &make, steps as f64));
        Ok(())
    }

    /// Prints what a step costs in DBOS on SQLite, by its own clock: its program takes longer to start than many steps.
    fn beside_dbos(&self, steps: usize) -> Result<()> {
        fs::write(self.0.join("steps.py"), DBOS)?;
        let dbos = Process::new("python3", &["steps.py", &steps.to_string()], &self.0);
        match dbos.output() {
            Ok(millis) => println!("a step in DBOS on SQLite, one after the other: {} ms", millis.trim()),
            Err(_) => println!("DBOS is not here (`pip install dbos`): nothing was measured beside it"),
        }
        Ok(())
    }

    /// Takes away what runs have left, and returns what was measured.
    ///
    /// It is moved, not removed: where thousands of files were removed just now, ext4 looks for inodes beyond all of
    /// them for every file that is created in the seconds after.
    fn forgotten(&self, run: Result<Run>) -> Result<Run> {
        for (at, left) in [".git/tracker/runs", ".tracker/runs"].into_iter().enumerate() {
            let left = self.0.join(left);
            if left.exists() {
                let round = self.1.fetch_add(1, Ordering::Relaxed);
                fs::rename(left, self.0.with_file_name(format!("left-{round}-{at}")))?;
            }
        }
        run
    }

    /// Starts a run and ends it when its first step has begun.
    fn first_step(&self, workflow: &str) -> Result<Run> {
        let words = ["run", "start", workflow, "--jobs", "1", "--events"];
        let (mut child, start) = Process::tracker(&words, &self.0).spawn_piped()?;
        let output = child.stdout.take().ok_or("its output is piped")?;
        let begun = BufReader::new(output).lines().map_while(std::result::Result::ok);
        let has_begun = begun.into_iter().any(|line| line.contains("\"started\""));
        let wall = start.elapsed();
        child.kill()?;
        let ended = child.wait4()?;
        let run = Run { wall, cpu: ended.rusage.utime + ended.rusage.stime, peak: ended.rusage.maxrss };
        if has_begun { self.forgotten(Ok(run)) } else { Err("no step has begun".into()) }
    }
}
