//! A repository with a long history and many tasks, and commits into it.

use std::cell::Cell;
use std::fs::{self, File, Permissions};
use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::history::{self, FILES, content, task_id};
use crate::measure::{Process, Run, is_on_path};

/// How many commits the task under review has.
pub(crate) const REVIEWED: usize = 200;
const CONFIG: &str = "format = 2\nproject = \"Bench\"\nid_prefix = \"TASK\"\n\n[pipeline]\nstages = [\"dev\", \
    \"qa\", \"docs\"]\n\n[stage.dev]\nrequires = [\"deliverables\"]\n\n[stage.qa]\nsignoffs = [\"reviewer\"]\n\n[roles.reviewer]\nquorum = 2\n";

/// Which hooks a commit runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hooks {
    /// None.
    None,
    /// As many as ours, each a shell that does nothing.
    Empty,
    /// Ours, as `tracker hooks install` puts them there.
    Ours,
    /// Those of pre-commit.
    Other,
}

/// The repository.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: PathBuf,
    tasks: usize,
    commits: Cell<usize>,
    moved: Cell<usize>,
}

impl Corpus {
    pub(crate) fn create(folder: &Path, commits: usize, tasks: usize) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let corpus = Self {
            folder: folder.join("repository"),
            tasks,
            commits: Cell::new(commits),
            moved: Cell::new(tasks / 2),
        };
        fs::create_dir(&corpus.folder)?;
        corpus.git(&["init", "--quiet", "--initial-branch=main"]).run()?;
        // A clean-up that commit starts by itself would run on beside what is measured.
        for setting in ["gc.auto=0", "maintenance.auto=false"] {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            corpus.git(&["config", key, value]).run()?;
        }
        let stream = folder.join("stream");
        corpus.write_history(&stream, commits)?;
        corpus.git(&["fast-import", "--quiet"]).reading(&stream).run()?;
        fs::remove_file(&stream)?;
        for arguments in [["reset", "--quiet", "--hard"].as_slice(), &["gc", "--quiet"]] {
            corpus.git(arguments).run()?;
        }
        for hooks in [Hooks::None, Hooks::Empty, Hooks::Other] {
            fs::create_dir(corpus.hooks_folder(hooks))?;
        }
        corpus.tracker(&["hooks", "install"]).run()?;
        for hook in fs::read_dir(corpus.hooks_folder(Hooks::Ours))? {
            let hook = hook?;
            if hook.path().extension().is_none() {
                let path = corpus.hooks_folder(Hooks::Empty).join(hook.file_name());
                fs::write(&path, "#!/bin/sh\n")?;
                fs::set_permissions(&path, Permissions::from_mode(0o755))?;
            }
        }
        Ok(corpus)
    }

    /// Commits a change of one file, and returns what the commit took.
    pub(crate) fn commit(&self, hooks: Hooks, message: &dyn Fn(usize) -> Result<String>) -> Result<Run> {
        let number = self.stage_a_change()?;
        self.commit_with(hooks, &["--message", &message(number)?]).run()
    }

    /// Commits without hooks, then moves a task by hand and amends; returns what the amending took.
    pub(crate) fn commit_and_amend(&self) -> Result<Run> {
        let number = self.stage_a_change()?;
        self.commit_with(Hooks::None, &["--message", &format!("Change {number}")]).run()?;
        let path = format!(".tracker/tasks/{}.md", self.next_to_move()?);
        let file = self.folder.join(&path);
        let entry =
            "stage: qa\nhistory:\n  - {at: 2026-11-11T09:00:00Z, by: ada@example.com, from: dev, to: qa}\n";
        fs::write(&file, fs::read_to_string(&file)?.replace("stage: dev\n", entry))?;
        let added = self.git(&["add", &path]).run()?;
        let amended = self.commit_with(Hooks::None, &["--amend", "--no-edit", "--no-verify"]).run()?;
        Ok(added.then(amended))
    }

    /// Returns the message of a commit that moves nothing.
    pub(crate) fn message(&self, number: usize, linked: bool) -> Result<String> {
        let text =
            format!("Change {number}\n\nThe change says what it is for, in a line or two, as people do.\n");
        let link = format!("\nTask: {}\n", task_id(1));
        Ok(if linked { text + &link } else { text })
    }

    /// Returns a task that is at work and has not been moved.
    pub(crate) fn next_to_move(&self) -> Result<String> {
        self.moved.set(self.moved.get() + 1);
        if self.moved.get() >= self.tasks {
            Err("there are too few tasks".into())
        } else {
            Ok(task_id(self.moved.get()))
        }
    }

    /// Returns the task under review.
    pub(crate) fn reviewed(&self) -> String {
        task_id(0)
    }

    /// Returns `git log` of the commits of the task under review, as arguments.
    pub(crate) fn log_of_linked(&self) -> Result<Vec<String>> {
        let grep = format!("--grep=^Task: {}$", self.reviewed());
        let found = self.git(&["log", "--format=%H", &grep]).output()?;
        let log = ["log", "--raw", "--format=%H %an %ae%n%B", "--no-walk=unsorted"].map(str::to_owned);
        let log: Vec<String> = log.into_iter().chain(found.lines().map(str::to_owned)).collect();
        if log.len() == REVIEWED + 4 {
            Ok(log)
        } else {
            Err(format!("{} commits are linked", log.len()).into())
        }
    }

    /// Takes away what is remembered of which commits link what.
    pub(crate) fn forget_links(&self) -> Result<()> {
        Ok(fs::remove_file(self.folder.join(".git/tracker/links"))?)
    }

    /// Sets up pre-commit with one hook that does nothing; returns whether it is there.
    pub(crate) fn install_other(&self) -> Result<bool> {
        if !is_on_path("pre-commit") {
            return Ok(false);
        }
        let config = "repos:\n- repo: local\n  hooks:\n  - {id: nothing, name: nothing, entry: 'true', \
            language: system, always_run: true, pass_filenames: false}\n";
        fs::write(self.folder.join(".pre-commit-config.yaml"), config)?;
        self.git(&["add", ".pre-commit-config.yaml"]).run()?;
        self.commit_with(Hooks::None, &["--message", "Other hooks"]).run()?;
        Process::new("pre-commit", &["install"], &self.folder).run()?;
        let made = self.hooks_folder(Hooks::Ours).join("pre-commit");
        fs::rename(made, self.hooks_folder(Hooks::Other).join("pre-commit"))?;
        Ok(true)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Process {
        Process::git(arguments, &self.folder)
    }

    pub(crate) fn tracker(&self, arguments: &[&str]) -> Process {
        Process::tracker(arguments, &self.folder)
    }

    fn commit_with(&self, hooks: Hooks, more: &[&str]) -> Process {
        let setting = format!("core.hooksPath={}", self.hooks_folder(hooks).display());
        let arguments = [&["-c", &setting, "commit", "--quiet"], more].concat();
        self.git(&arguments)
    }

    fn hooks_folder(&self, hooks: Hooks) -> PathBuf {
        match hooks {
            Hooks::Ours => self.folder.join(".git/hooks"),
            Hooks::None => self.folder.with_extension("none"),
            Hooks::Empty => self.folder.with_extension("empty"),
            Hooks::Other => self.folder.with_extension("other"),
        }
    }

    fn stage_a_change(&self) -> Result<usize> {
        let number = self.commits.get() + 1;
        self.commits.set(number);
        let path = source(number);
        fs::write(self.folder.join(&path), content(number))?;
        self.git(&["add", &path]).run()?;
        Ok(number)
    }

    /// Writes the history as `git fast-import` reads it: all tasks first, then changes of which some link a task.
    fn write_history(&self, path: &Path, commits: usize) -> Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        for number in 0..commits {
            let step = commits / REVIEWED;
            let linked = match number {
                _ if number % step == step / 2 && number / step < REVIEWED => Some(0),
                _ if number % 20 == 7 => Some(2 + number / 20 % (self.tasks - 2)),
                _ => None,
            };
            let link = linked.map(|task| format!("\nTask: {}\n", task_id(task))).unwrap_or_default();
            let message = format!("Change {number}\n\nWhy it was made is here, in a line or two.\n{link}");
            let at = 1_700_000_000 + number * 60;
            history::commit(&mut out, "main", "Ken", at, &message)?;
            if number == 0 {
                history::file(&mut out, ".tracker/config.toml", CONFIG)?;
                for task in 0..self.tasks {
                    history::file(
                        &mut out,
                        &format!(".tracker/tasks/{}.md", task_id(task)),
                        &self.task(task),
                    )?;
                }
                for file in 0..FILES {
                    history::file(&mut out, &source(file), &content(file))?;
                }
            } else {
                history::file(&mut out, &source(number), &content(number))?;
            }
        }
        Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
    }

    fn task(&self, number: usize) -> String {
        let stage = if number == 0 { "qa" } else { "dev" };
        format!(
            "---\nid: {}\ntitle: Make part {number} of the whole\npriority: high\nstage: {stage}\ncreated: \
             2026-01-11\n---\n\n## Description\n\nPart {number} is required, and what it is for is given in a \
             paragraph that somebody took the time to write.\n\n## Deliverables\n\n- [x] The part\n\n## Acceptance \
             criteria\n\n- [ ] It fits\n",
            task_id(number)
        )
    }
}

fn source(number: usize) -> String {
    history::source("src", number)
}
