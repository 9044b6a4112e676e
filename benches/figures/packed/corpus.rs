//! The repository: a main line of merges, each of the branch of one task: one to three commits of one to five files, its
//! delivery, and the reviewer's vote.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use fastrand::Rng;
use tracker::doc::{create_vote, vote_file_name};

use crate::Result;
use crate::history::{self, BODY, Changed, record, task_id};
use crate::measure::Process;

const CONFIG: &str = "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.dev]\nrequires = [\"deliverables\"]\n\
    [stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\nmembers = [\"ada@example.com\"]\npaths = [\"crates/**\"]\n\
    [policy]\nself_approval = \"forbid\"\nlinked-commits = \"error\"\n";
/// Most commits of a branch that change code.
const LONGEST_BRANCH: usize = 3;
/// Seconds from one commit to the next.
const PACE: usize = 600;

/// The repository.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: PathBuf,
    /// How many commits each step of the main line brought, the newest last.
    steps: Vec<usize>,
}

impl Corpus {
    pub(crate) fn create(folder: &Path, commits: usize, files: usize) -> Result<Self> {
        let repository = folder.join("repository");
        fs::create_dir_all(&repository)?;
        let git = |arguments: &[&str]| Process::git(arguments, &repository);
        git(&["init", "--quiet", "--initial-branch=main"]).run()?;
        let stream = folder.join("stream");
        let steps = Stream::write(&stream, commits, files)?;
        git(&["fast-import", "--quiet"]).reading(&stream).run()?;
        fs::remove_file(&stream)?;
        git(&["checkout", "--quiet", "main"]).run()?;
        git(&["gc", "--quiet"]).run()?;
        Ok(Self { folder: repository, steps })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the commit of the main line after which there are this many commits, or a few more.
    pub(crate) fn base(&self, commits: usize) -> String {
        let mut sum = 0;
        let steps = self.steps.iter().rev().take_while(|step| {
            let is_short = sum < commits;
            sum += **step;
            is_short
        });
        format!("main~{}", steps.count())
    }
}

/// What `git fast-import` reads.
struct Stream {
    out: BufWriter<File>,
    random: Rng,
    /// How often each file was changed.
    versions: Vec<usize>,
    made: usize,
}

impl Stream {
    fn write(path: &Path, commits: usize, files: usize) -> Result<Vec<usize>> {
        let out = BufWriter::new(File::create(path)?);
        let mut stream = Self { out, random: Rng::with_seed(7), versions: vec![0; files], made: 0 };
        stream.commit("Ken", "Begin", "main", &[])?;
        history::file(&mut stream.out, ".tracker/config.toml", CONFIG)?;
        for number in 0..files {
            stream.file(number)?;
        }
        let (mut main, mut steps) = (stream.made, Vec::new());
        while stream.made < commits {
            let before = stream.made;
            let files = stream.branch(main, steps.len())?;
            let tip = stream.made;
            stream.commit("Ken", "Merge a branch", "main", &[main, tip])?;
            // A merge has its first parent's files: those of the branch are named once more.
            for (path, text) in files {
                history::file(&mut stream.out, &path, &text)?;
            }
            main = stream.made;
            steps.push(main - before);
        }
        writeln!(stream.out, "reset refs/heads/main\nfrom :{main}\n")?;
        stream.out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        Ok(steps)
    }

    /// Works on one task, on top of a commit. Returns what it changed.
    fn branch(&mut self, main: usize, task: usize) -> Result<BTreeMap<String, String>> {
        let (id, length) = (task_id(task), self.random.usize(1..=LONGEST_BRANCH));
        let record_path = format!(".tracker/tasks/{id}.md");
        let (mut files, mut moves, mut covered) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        for step in 0..length {
            let on = if step == 0 { main } else { self.made };
            self.commit("Ken", &format!("Change some files\n\nTask: {id}"), "side", &[on])?;
            if step == 0 {
                moves.push((self.now(), "Ken", "none", "dev"));
                self.text(&mut files, &record_path, record(&id, task, &moves))?;
            }
            for _ in 0..self.random.usize(1..=5) {
                let number = self.random.usize(..self.versions.len());
                covered.entry(number).or_insert(self.versions[number]);
                self.versions[number] += 1;
                let text = self.content(number, self.versions[number]);
                self.text(&mut files, &path(number), text)?;
            }
        }
        self.commit("Ken", &format!("Deliver\n\nAdvance: {id}"), "side", &[self.made])?;
        moves.push((self.now(), "Ken", "dev", "qa"));
        self.text(&mut files, &record_path, record(&id, task, &moves))?;
        self.commit("Ada", "Approve", "side", &[self.made])?;
        moves.push((self.now(), "Ada", "qa", "complete"));
        self.text(&mut files, &record_path, record(&id, task, &moves))?;
        let changed = |(number, version): (&usize, &usize)| {
            let before = self.content(*number, *version);
            (path(*number), Some(before), self.content(*number, self.versions[*number]))
        };
        let changes: Vec<Changed> = covered.iter().map(changed).collect();
        let vote = history::vote(&id, self.now(), BODY, &changes)?;
        let name = format!(".tracker/signoffs/{id}/{}", vote_file_name(&vote));
        self.text(&mut files, &name, create_vote(&vote))?;
        Ok(files)
    }

    /// Returns when the last commit was made.
    fn now(&self) -> i64 {
        i64::try_from(1_600_000_000 + self.made * PACE).unwrap_or_default()
    }

    fn commit(&mut self, name: &str, message: &str, branch: &str, parents: &[usize]) -> Result<()> {
        self.made += 1;
        let (made, at, email) = (self.made, self.now(), name.to_lowercase());
        write!(self.out, "commit refs/heads/{branch}\nmark :{made}\n")?;
        write!(
            self.out,
            "committer {name} <{email}@example.com> {at} +0000\ndata {}\n{message}\n",
            message.len()
        )?;
        for (word, parent) in ["from", "merge"].iter().zip(parents) {
            writeln!(self.out, "{word} :{parent}")?;
        }
        Ok(())
    }

    /// Gives a file of the commit its content, and notes it down.
    fn text(&mut self, files: &mut BTreeMap<String, String>, path: &str, text: String) -> Result<()> {
        history::file(&mut self.out, path, &text)?;
        files.insert(path.to_owned(), text);
        Ok(())
    }

    fn content(&self, number: usize, version: usize) -> String {
        history::content(number * 7 + version)
    }

    fn file(&mut self, number: usize) -> Result<()> {
        let text = self.content(number, self.versions[number]);
        history::file(&mut self.out, &path(number), &text)
    }
}

/// Returns a path four to six folders deep.
fn path(number: usize) -> String {
    let (part, module) = (number % 37, number / 37 % 11);
    let deeper = if number.is_multiple_of(3) { "inner/detail/" } else { "" };
    format!("crates/part{part}/src/module{module}/{deeper}file{number}.rs")
}
