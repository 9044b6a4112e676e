//! A repository with a long history, many tasks, and an honest pull request on top.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use tracker::doc::{create_vote, vote_file_name};

use crate::Result;
use crate::history::{self, BODY, FILES, Step, content, record, task_id};
use crate::measure::Process;

/// How many commits the pull request has.
pub(crate) const RANGE: usize = 1000;
/// Number of commits that belong to one of its tasks.
const STEPS: usize = 5;
const BEGINNING: i64 = 1_700_000_000;
const CONFIG: &str = "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.dev]\nrequires = [\"deliverables\"]\n\
    [stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\nmembers = [\"ada@example.com\"]\npaths = [\"src/**\"]\n\
    [policy]\nself_approval = \"forbid\"\nlinked-commits = \"error\"\n";
/// The repository.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: PathBuf,
}

impl Corpus {
    pub(crate) fn create(folder: &Path, commits: usize, tasks: usize) -> Result<Self> {
        let corpus = Self { folder: folder.join("repository") };
        fs::create_dir_all(&corpus.folder)?;
        corpus.git(&["init", "--quiet", "--initial-branch=main"]).run()?;
        let stream = folder.join("stream");
        Stream::write(&stream, commits, tasks)?;
        corpus.git(&["fast-import", "--quiet"]).reading(&stream).run()?;
        fs::remove_file(&stream)?;
        corpus.git(&["checkout", "--quiet", "work"]).run()?;
        corpus.git(&["gc", "--quiet"]).run()?;
        Ok(corpus)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn git(&self, arguments: &[&str]) -> Process {
        Process::git(arguments, &self.folder)
    }
}

/// What `git fast-import` reads.
struct Stream {
    out: BufWriter<File>,
    /// When the next commit is made, in seconds.
    at: i64,
}

impl Stream {
    fn write(path: &Path, commits: usize, tasks: usize) -> Result<()> {
        let mut stream = Self { out: BufWriter::new(File::create(path)?), at: BEGINNING };
        stream.commit("main", "Ken", "Begin")?;
        stream.file(".tracker/config.toml", CONFIG)?;
        for number in 0..tasks {
            let id = task_id(number);
            stream.file(&format!(".tracker/tasks/{id}.md"), &record(&id, number, &[]))?;
        }
        for number in 0..FILES {
            stream.file(&source(number), &content(number))?;
        }
        for number in 1..commits - RANGE {
            let link = if number % 20 == 7 {
                format!("\n\nTask: {}", task_id(tasks - 1 - number % 500))
            } else {
                String::new()
            };
            stream.commit("main", "Ken", &format!("Change {number}{link}"))?;
            stream.file(&source(number), &content(number))?;
        }
        writeln!(stream.out, "reset refs/heads/work\nfrom refs/heads/main\n")?;
        for number in 0..RANGE / STEPS {
            stream.task(number)?;
        }
        Ok(stream.out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
    }

    /// Works on one task: two commits of code, delivery, the reviewer's vote, and a word of documentation.
    fn task(&mut self, number: usize) -> Result<()> {
        let id = task_id(number);
        let path = format!(".tracker/tasks/{id}.md");
        let mut moves: Vec<Step<'_>> = Vec::new();
        let mut covered = Vec::new();
        for part in 0..2 {
            self.commit("work", "Ken", &format!("Make part {number}\n\nTask: {id}"))?;
            if part == 0 {
                moves.push((self.at, "Ken", "none", "dev"));
                self.file(&path, &record(&id, number, &moves))?;
            }
            let (file, text) = (format!("src/new{number}/part{part}.txt"), content(number + part));
            covered.push((file.clone(), None, text.clone()));
            self.file(&file, &text)?;
        }
        self.commit("work", "Ken", &format!("Deliver part {number}\n\nAdvance: {id}"))?;
        moves.push((self.at, "Ken", "dev", "qa"));
        self.file(&path, &record(&id, number, &moves))?;
        self.commit("work", "Ada", &format!("Approve part {number}"))?;
        moves.push((self.at, "Ada", "qa", "complete"));
        self.file(&path, &record(&id, number, &moves))?;
        let vote = history::vote(&id, self.at, BODY, &covered)?;
        self.file(&format!(".tracker/signoffs/{id}/{}", vote_file_name(&vote)), &create_vote(&vote))?;
        self.commit("work", "Ken", &format!("Document part {number}\n\nTask: {id}"))?;
        self.file(&format!("docs/part{number}.txt"), &content(number))
    }

    fn commit(&mut self, branch: &str, name: &str, message: &str) -> Result<()> {
        self.at += 60;
        history::commit(&mut self.out, branch, name, self.at, message)
    }

    fn file(&mut self, path: &str, text: &str) -> Result<()> {
        history::file(&mut self.out, path, text)
    }
}

fn source(number: usize) -> String {
    history::source("lib", number)
}
