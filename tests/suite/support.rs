//! A temporary home and repository, with fixed identity, clock and ids, to drive `git` and `tracker` in.
//!
//! Nothing of the developer's own set-up gets in: variables are cleared, `HOME` is empty but for a `.gitconfig`
//! of ours, and the search for a repository stops at the sandbox. Each command runs a minute after the one
//! before it and with the next seed, so commit ids and task ids are the same each time.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Duration, Utc};
use rustix::fs::StatVfsMountFlags;
use tempfile::TempDir;
use tracker::env::Env;

/// When the first command runs.
const BEGINNING: &str = "2026-11-11T09:00:00Z";

const GITCONFIG: &str = "\
[user]
\tname = Ada Lovelace
\temail = ada@example.com
[init]
\tdefaultBranch = main
[protocol \"file\"]
\tallow = always
[core]
\tfsync = none
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\tdetachedHead = false
";

/// A home folder and a repository below one temporary folder.
pub(crate) struct Sandbox {
    root: PathBuf,
    commands: AtomicU32,
    _folder: TempDir,
}

/// What a command answered.
pub(crate) struct Output {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// The exit code; -1 where a signal ended it.
    pub(crate) status: i32,
    root: String,
}

impl Sandbox {
    /// Makes a home and, in `repo`, a repository without commits.
    pub(crate) fn new() -> Self {
        let sandbox = Self::without_repository();
        sandbox.git(&["init", "--quiet"]);
        sandbox
    }

    /// Makes a home and, in `repo`, an empty folder.
    pub(crate) fn without_repository() -> Self {
        let folder = tempfile::tempdir_in(place_of_sandboxes()).unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["home", "repo"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        fs::write(root.join("home/.gitconfig"), GITCONFIG).unwrap();
        Self { root, commands: AtomicU32::new(0), _folder: folder }
    }

    /// Makes a sandbox with the same repository, in which the clock and the ids go on from where they are here.
    pub(crate) fn copied(&self) -> Self {
        let copy = Self::without_repository();
        copy.commands.store(self.commands.load(Ordering::Relaxed), Ordering::Relaxed);
        for entry in walkdir::WalkDir::new(self.path()) {
            let entry = entry.unwrap();
            let target = copy.path().join(entry.path().strip_prefix(self.path()).unwrap());
            if entry.file_type().is_dir() {
                fs::create_dir_all(&target).unwrap();
            } else {
                fs::copy(entry.path(), &target).unwrap();
            }
        }
        copy
    }

    /// Returns the repository's top folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// Returns the folder that contains the home and the repository: the place for a second clone.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Runs git in the repository and returns what it printed; a failure of git fails the test.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in("", args)
    }

    /// Runs git in a folder given from the repository's top.
    pub(crate) fn git_in(&self, folder: impl AsRef<Path>, args: &[&str]) -> String {
        let output = self.run(self.command(git_program(), folder.as_ref()).args(args));
        assert_eq!(output.status, 0, "git {args:?}: {}{}", output.stdout, output.stderr);
        output.stdout.trim_end().to_owned()
    }

    /// Runs git in the repository and returns its bytes and its exit code.
    pub(crate) fn git_bytes(&self, args: &[&str]) -> (Vec<u8>, i32) {
        let output = self.command(git_program(), "".as_ref()).args(args).output().unwrap();
        (output.stdout, output.status.code().unwrap_or(-1))
    }

    /// Runs the tracker in the repository.
    pub(crate) fn tracker(&self, args: &[&str]) -> Output {
        self.tracker_in("", args)
    }

    /// Runs the tracker in a folder given from the repository's top.
    pub(crate) fn tracker_in(&self, folder: impl AsRef<Path>, args: &[&str]) -> Output {
        self.tracker_with(folder, args, |_| {})
    }

    /// Runs the tracker after `prepare` has changed its variables or its standard input.
    pub(crate) fn tracker_with(
        &self,
        folder: impl AsRef<Path>,
        args: &[&str],
        prepare: impl FnOnce(&mut Command),
    ) -> Output {
        self.program_with(env!("CARGO_BIN_EXE_tracker"), folder, args, prepare)
    }

    /// Runs any program in the sandbox's world.
    pub(crate) fn program_with(
        &self,
        program: impl AsRef<OsStr>,
        folder: impl AsRef<Path>,
        args: &[&str],
        prepare: impl FnOnce(&mut Command),
    ) -> Output {
        let mut command = self.command(program.as_ref(), folder.as_ref());
        prepare(command.args(args));
        self.run(&mut command)
    }

    /// Returns the command that runs the tracker in the repository, for tests that start it themselves.
    pub(crate) fn tracker_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_tracker").as_ref(), "".as_ref());
        command.args(args);
        command
    }

    /// Returns the command that runs any program in the repository, for tests that start it themselves.
    pub(crate) fn command_of(&self, program: &str) -> Command {
        self.command(program.as_ref(), "".as_ref())
    }

    /// Returns the command that runs git in a folder, for tests that start it themselves.
    pub(crate) fn git_command(&self, folder: &str) -> Command {
        self.command("git".as_ref(), folder.as_ref())
    }

    /// Writes a file of the repository, and the folders it needs.
    pub(crate) fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Reads a file of the repository.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.path().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Writes a file, commits it alone and returns the commit's id.
    pub(crate) fn commit_file(&self, path: &str, text: &str, message: &str) -> String {
        self.write(path, text);
        self.git(&["add", "--", path]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Returns the world for calls within this process, seen from a folder given from the repository's top.
    pub(crate) fn env(&self, folder: impl AsRef<Path>) -> Env {
        let step = self.step();
        Env::fixed(self.path().join(folder), time_of(step), u64::from(step))
    }

    fn step(&self) -> u32 {
        self.commands.fetch_add(1, Ordering::Relaxed)
    }

    fn command(&self, program: &OsStr, folder: &Path) -> Command {
        let step = self.step();
        let now = time_of(step).to_rfc3339();
        let bin = Path::new(env!("CARGO_BIN_EXE_tracker")).parent().unwrap().to_owned();
        #[expect(clippy::disallowed_methods, reason = "the programs of this machine are needed")]
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path))).unwrap();
        let mut command = Command::new(program);
        command
            .current_dir(self.path().join(folder))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.root.join("home"))
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", &self.root)
            .env("GIT_AUTHOR_DATE", &now)
            .env("GIT_COMMITTER_DATE", &now)
            .env("TRACKER_NOW", &now)
            .env("TRACKER_SEED", step.to_string())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, command: &mut Command) -> Output {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Output {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            status: output.status.code().unwrap_or(-1),
            root: self.root.display().to_string(),
        }
    }
}

/// Returns where sandboxes are made: in memory, if there is plenty of it and programs may be started there. To find room for
/// thousands of files that come and go, a disk's file system can take longer than all that the tests do with them.
fn place_of_sandboxes() -> &'static Path {
    /// Bytes that must be free.
    const PLENTY: u64 = 4 * 1024 * 1024 * 1024;
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let is_fit = |memory: &&str| {
            rustix::fs::statvfs(*memory).is_ok_and(|found| {
                let is_closed = StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY;
                found.f_bavail * found.f_frsize >= PLENTY && !found.f_flag.intersects(is_closed)
            })
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "where temporary files go is up to whoever runs the tests"
        )]
        let chosen = std::env::var_os("TMPDIR").map(PathBuf::from);
        let memory = || Some("/dev/shm").filter(is_fit).map(PathBuf::from);
        chosen.or_else(memory).unwrap_or_else(std::env::temp_dir)
    })
}

/// Returns where git is. A name that the child has to look up along another `PATH` makes the standard library copy the whole
/// process first, which takes longer than most of what git does.
fn git_program() -> &'static OsStr {
    static PROGRAM: OnceLock<OsString> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "the programs of this machine are needed")]
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|file| file.is_file());
        found.map_or_else(|| "git".into(), PathBuf::into_os_string)
    })
}

/// Returns the items of a list in an answer; empty lists are left out there.
pub(crate) fn items(list: &serde_json::Value) -> &[serde_json::Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn time_of(step: u32) -> DateTime<Utc> {
    BEGINNING.parse::<DateTime<Utc>>().unwrap() + Duration::minutes(i64::from(step))
}

/// Exit code, standard output and standard error together, for inline snapshots; the sandbox's folder is
/// `[ROOT]`.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}", self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let text = without_counts_of_rules(&text.replace(&self.root, "[ROOT]"));
                write!(f, "--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// Returns a text without how many rules passed: a new rule of the gate changes no transcript.
pub fn without_counts_of_rules(text: &str) -> String {
    let masked = |line: &str| {
        let found = [" other rules", " rules"].iter().find_map(|name| Some((line.strip_suffix(name)?, name)));
        match found {
            Some((head, name)) if head.ends_with(|c: char| c.is_ascii_digit()) => {
                let head = head.trim_end_matches(|c: char| c.is_ascii_digit());
                format!("{head}[N]{name}")
            }
            _ => line.to_owned(),
        }
    };
    text.split('\n').map(masked).collect::<Vec<_>>().join("\n")
}

#[test]
fn commits_are_the_same_each_time_and_see_no_set_up_of_the_developer() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit_file("a.txt", "a\n", "first");
    let other = Sandbox::new();
    assert_eq!(other.commit_file("a.txt", "a\n", "first"), first);
    let output = other.tracker_with("", &["--version"], |command| {
        command.env("NO_COLOR", "1");
    });
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(other.tracker(&["--version"]).to_string().lines().next(), Some("exit 0"));
    assert_eq!(other.read("a.txt"), "a\n");
    assert!(other.path().starts_with(other.root()));
}
