//! The repository: a main line of merges, each of a branch of one to three commits, each commit of one to five files.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::Result;
use crate::history;
use crate::measure::Process;

/// Nothing is asked of the commits: what is measured is reading them.
const CONFIG: &str = "format = 2\n[policy]\nlinked-commits = \"off\"\n";
/// Most commits of a branch.
const LONGEST_BRANCH: usize = 3;

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
        stream.commit("Begin", "main", &[])?;
        history::file(&mut stream.out, ".tracker/config.toml", CONFIG)?;
        for number in 0..files {
            stream.file(number)?;
        }
        let (mut main, mut steps) = (stream.made, Vec::new());
        while stream.made < commits {
            let mut tip = main;
            let length = stream.random.usize(1..=LONGEST_BRANCH);
            let mut changed = Vec::new();
            for _ in 0..length {
                stream.commit("Change some files", "side", &[tip])?;
                tip = stream.made;
                for _ in 0..stream.random.usize(1..=5) {
                    let number = stream.random.usize(..files);
                    stream.versions[number] += 1;
                    stream.file(number)?;
                    changed.push(number);
                }
            }
            stream.commit("Merge a branch", "main", &[main, tip])?;
            // A merge has its first parent's files: those of the branch are named once more.
            for number in changed {
                stream.file(number)?;
            }
            main = stream.made;
            steps.push(length + 1);
        }
        writeln!(stream.out, "reset refs/heads/main\nfrom :{main}\n")?;
        stream.out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        Ok(steps)
    }

    fn commit(&mut self, message: &str, branch: &str, parents: &[usize]) -> Result<()> {
        self.made += 1;
        let (made, at) = (self.made, 1_600_000_000 + self.made * 600);
        write!(self.out, "commit refs/heads/{branch}\nmark :{made}\n")?;
        write!(self.out, "committer Ken <ken@example.com> {at} +0000\ndata {}\n{message}\n", message.len())?;
        for (word, parent) in ["from", "merge"].iter().zip(parents) {
            writeln!(self.out, "{word} :{parent}")?;
        }
        Ok(())
    }

    fn file(&mut self, number: usize) -> Result<()> {
        let text = history::content(number * 7 + self.versions[number]);
        history::file(&mut self.out, &path(number), &text)
    }
}

/// Returns a path four to six folders deep.
fn path(number: usize) -> String {
    let (part, module) = (number % 37, number / 37 % 11);
    let deeper = if number.is_multiple_of(3) { "inner/detail/" } else { "" };
    format!("crates/part{part}/src/module{module}/{deeper}file{number}.rs")
}
