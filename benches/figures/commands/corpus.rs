//! A repository of made-up tasks: the same every time, and as varied as a team's are.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use fastrand::Rng;
use tracker::doc::{create_vote, vote_file_name};

use super::FILTER;
use crate::Result;
use crate::history::{self, now_in_seconds, task_id};
use crate::measure::{Process, Run, now};

const PRIORITIES: [&str; 4] = ["critical", "high", "medium", "low"];
const TYPES: [&str; 4] = ["feature", "bug", "chore", "docs"];
const STAGES: [&str; 4] = ["dev", "qa", "sec", "docs"];
const AREAS: [&str; 6] = ["ui", "api", "billing", "search", "import", "infrastructure"];
const PEOPLE: [&str; 7] = ["ada", "grace", "linus", "barbara", "edsger", "margaret", "agent-3"];
const VERBS: [&str; 6] = ["Add", "Fix", "Speed up", "Document", "Rework", "Remove"];
const THINGS: [&str; 8] = [
    "the dark mode of the dashboard",
    "retries of failed payments",
    "the import of old invoices",
    "search across archived projects",
    "the rate limit of the public API",
    "the nightly export",
    "keyboard navigation in long lists",
    "the audit trail of role changes",
];

/// A repository with this many tasks.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: PathBuf,
    size: usize,
}

impl Corpus {
    /// Makes a repository whose tasks lie in the working tree, not yet committed.
    pub(crate) fn create(folder: &Path, size: usize) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let corpus = Self { folder: folder.to_owned(), size };
        corpus.git(&["init", "--quiet", "--initial-branch=main"]).run()?;
        corpus.tracker(&["init", "--profile", "plain", "--no-hooks"]).run()?;
        // With votes and without, the same stage requires the same sign-off.
        let config = folder.join(".tracker/config.toml");
        let text = fs::read_to_string(&config)?;
        fs::write(&config, text + "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n")?;
        fs::create_dir_all(corpus.tasks())?;
        let mut random = Rng::with_seed(7);
        for number in 0..size {
            let id = task_id(number);
            fs::write(corpus.tasks().join(format!("{id}.md")), corpus.task(number, &mut random))?;
        }
        Ok(corpus)
    }

    /// Commits everything, and lets git learn the stats of the files.
    pub(crate) fn commit(&self) -> Result<()> {
        // A clean-up that commit starts by itself would run on beside what is measured.
        let commit = ["-c", "gc.auto=0", "commit", "--quiet", "--message", "Tasks"];
        for arguments in [["add", "."].as_slice(), &commit, &["gc", "--quiet"]] {
            self.git(arguments).run()?;
        }
        // An index as young as the files makes git read them again; a second status finds an older one.
        sleep(Duration::from_millis(1100));
        self.git(&["status"]).run()?;
        Ok(())
    }

    /// Has the tracker write its index, for which the files must be older than the clock's tick.
    pub(crate) fn warm_index(&self) -> Result<()> {
        sleep(Duration::from_millis(50));
        self.tracker(&FILTER).run()?;
        Ok(())
    }

    /// Has this many open tasks approved once each, beginning with the oldest.
    pub(crate) fn vote(&self, count: usize) -> Result<()> {
        for number in (self.size / 2..self.size).cycle().take(count) {
            let id = task_id(number);
            let vote = history::vote(&id, 1_790_000_000, &body(number, false), &[])?;
            let folder = self.folder.join(".tracker/signoffs").join(&id);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(vote_file_name(&vote)), create_vote(&vote))?;
        }
        Ok(())
    }

    /// Makes this many branches, on each of which somebody has brought a task to review, and returns the tasks.
    pub(crate) fn branch(&self, count: usize) -> Result<Vec<String>> {
        let stream = self.folder.with_extension("stream");
        let mut out = File::create(&stream)?;
        let mut tasks = Vec::with_capacity(count);
        for number in self.size / 2..self.size {
            let path = format!(".tracker/tasks/{}.md", task_id(number));
            let text = fs::read_to_string(self.folder.join(&path))?;
            if tasks.len() == count || text.contains("\nstage: ") {
                continue;
            }
            let moves = "history:\n  - {at: 2026-11-20T15:30:00Z, by: Ken, from: none, to: qa, kind: override}\n---\n\n#";
            let text = text.replacen("\narea: ", "\nstage: qa\narea: ", 1).replacen("---\n\n#", moves, 1);
            history::commit(&mut out, &format!("work-{}", tasks.len()), "Ken", now_in_seconds()?, "Work")?;
            writeln!(out, "from refs/heads/main^0")?;
            history::file(&mut out, &path, &text)?;
            tasks.push(task_id(number));
        }
        out.sync_all()?;
        self.git(&["fast-import", "--quiet"]).reading(&stream).run()?;
        fs::remove_file(&stream)?;
        Ok(tasks)
    }

    /// Takes the index away.
    pub(crate) fn forget_index(&self) -> Result<()> {
        Ok(fs::remove_file(self.folder.join(".git/tracker/index"))?)
    }

    /// Does what a careful write of one file asks of the disk and nothing else: file, sync, rename, sync of the
    /// folder.
    pub(crate) fn write_and_sync(&self) -> Result<Run> {
        let text = self.task(self.size / 2, &mut Rng::with_seed(7));
        let (temporary, path) = (self.tasks().join(".probe.tmp"), self.tasks().join(".probe"));
        let start = now();
        let mut file = File::create_new(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(self.tasks())?.sync_all()?;
        Ok(Run { wall: start.elapsed(), cpu: Duration::ZERO, peak: 0 })
    }

    /// Writes a file of tasks for `new --batch`, each waiting for the one before it.
    pub(crate) fn batch(&self, count: usize) -> Result<String> {
        let path = self.folder.with_extension("batch.yaml");
        let mut file = File::create(&path)?;
        for number in 0..count {
            write!(file, "- ref: t{number}\n  title: {}\n  tags: [batch]\n", title(number))?;
            if number > 0 {
                writeln!(file, "  depends_on: [\"@t{}\"]", number - 1)?;
            }
        }
        Ok(path.display().to_string())
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Process {
        Process::git(arguments, &self.folder)
    }

    pub(crate) fn tracker(&self, arguments: &[&str]) -> Process {
        Process::tracker(arguments, &self.folder)
    }

    fn tasks(&self) -> PathBuf {
        self.folder.join(".tracker/tasks")
    }

    /// Makes a task that waits for three older ones. The older half is done.
    fn task(&self, number: usize, random: &mut Rng) -> String {
        let (area, person) = (choose(&AREAS, random), choose(&PEOPLE, random));
        let stage = match random.usize(..10) {
            _ if number < self.size / 2 => "complete",
            0..6 => "none",
            _ => choose(&STAGES, random),
        };
        let mut text = format!("---\nid: {}\ntitle: {}\n", task_id(number), title(number));
        text += &format!("type: {}\npriority: {}\n", choose(&TYPES, random), choose(&PRIORITIES, random));
        if stage != "none" {
            text += &format!("stage: {stage}\nassignee: {person}\n");
        }
        text +=
            &format!("area: {area}\ntags: [{area}, {}]\n", choose(&["theme", "debt", "customer"], random));
        if random.bool() {
            text += &format!("sprint: SPRINT-{}\n", 1 + number * 12 / self.size);
        }
        if number >= 3 {
            let older: Vec<String> = (0..3).map(|at| task_id(older_than(number, at, random))).collect();
            text += &format!("depends_on: [{}]\n", older.join(", "));
        }
        text += &format!(
            "files: [src/{area}/{person}.rs]\nestimate: {}m\ncreated: 2026-0{}-11\n",
            15 * (1 + number % 12),
            1 + number % 9
        );
        if stage != "none" {
            text += "history:\n";
            text += &format!(
                "  - {{at: 2026-10-11T15:30:00Z, by: {person}, from: none, to: {stage}, why: started}}\n"
            );
        }
        text + "---\n\n" + &body(number, stage == "complete")
    }
}

/// One of the numbers below, a different one for each of three.
fn older_than(number: usize, at: usize, random: &mut Rng) -> usize {
    let third = number / 3;
    third * at + random.usize(..third.max(1))
}

fn choose<'a>(choices: &[&'a str], random: &mut Rng) -> &'a str {
    choices[random.usize(..choices.len())]
}

fn title(number: usize) -> String {
    format!("{} {} ({number})", VERBS[number % VERBS.len()], THINGS[number % THINGS.len()])
}

fn body(number: usize, done: bool) -> String {
    let tick = if done { "x" } else { " " };
    let thing = THINGS[number % THINGS.len()];
    format!(
        "## Description\n\nSeveral customers requested {thing} this quarter, and support spends hours on what \
         the product could do itself. The first version is small: it covers the common case, tells plainly what \
         it does not cover, and can be switched off for one customer.\n\n## Deliverables\n\n- [{tick}] The change \
         itself, behind a switch\n- [{tick}] Tests for the cases that support has seen\n- [ ] A page in the \
         handbook\n\n## Acceptance criteria\n\n- [{tick}] A customer with 10,000 records notices no delay\n- \
         [{tick}] Nothing changes where the switch is off\n\n## Technical details\n\nThe rules live in one \
         place already; see issue {number} of the old tracker for what was tried before and why it was taken \
         back.\n"
    )
}
