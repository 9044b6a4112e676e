//! Our part of git's hooks, beside whatever else is there: run by the real git.

mod beside;
mod folder;
mod precheck;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tracker::git::{self, Repository};
use tracker::store::{Hook, HookFiles};

use crate::support::{Output, Sandbox};

/// A repository, and a program `tracker` that writes down how it is called.
struct World {
    sandbox: Sandbox,
    bin: PathBuf,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.commit_file("a", "a\n", "First");
        let bin = sandbox.root().join("bin é 'q'");
        fs::create_dir(&bin).unwrap();
        let world = Self { sandbox, bin };
        world.set_active(true);
        world.program("tracker", "tracker \"$@\"", 0);
        world
    }

    /// Makes a program that notes its name, arguments and standard input.
    fn program(&self, name: &str, says: &str, code: i32) {
        let log = self.log_file();
        let script = format!(
            "#!/bin/sh\n{{ printf '%s' \"{says}\"; [ \"$2\" = pre-push ] && sed 's/^/ </'; echo; }} >>'{}'\nexit {code}\n",
            log.display()
        );
        let script = script.replace("\"tracker \"$@\"\"", "\"tracker $*\"");
        executable(&self.bin.join(name), &script);
    }

    fn log_file(&self) -> PathBuf {
        self.sandbox.root().join("log")
    }

    /// What was noted since the last time.
    fn log(&self) -> String {
        let text = fs::read_to_string(self.log_file()).unwrap_or_default();
        let _ = fs::remove_file(self.log_file());
        text
    }

    fn files(&self) -> HookFiles {
        self.files_in("")
    }

    fn files_in(&self, folder: &str) -> HookFiles {
        let repo_paths = git::discover(&self.sandbox.env(folder)).unwrap();
        HookFiles::new(Repository::open(&repo_paths).unwrap().hooks_folder().unwrap())
    }

    fn hook(&self, name: &str) -> PathBuf {
        self.sandbox.path().join(".git/hooks").join(name)
    }

    /// Runs git with our program on the path, or with none.
    fn git_with(&self, folder: &str, args: &[&str], has_tracker: bool) -> Output {
        self.sandbox.program_with("git", folder, args, |command| {
            let path = if has_tracker {
                format!("{}:/usr/bin:/bin", self.bin.display())
            } else {
                "/usr/bin:/bin".into()
            };
            command.env("PATH", path);
        })
    }

    fn git(&self, args: &[&str]) -> Output {
        self.git_with("", args, true)
    }

    /// Makes a task the active one, or none: without one, and on a branch of one word, no message gets a link.
    fn set_active(&self, is_active: bool) {
        let folder = self.sandbox.path().join(".git/tracker");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("active");
        if is_active { fs::write(file, "TASK-1\n").unwrap() } else { fs::remove_file(file).unwrap() }
    }

    fn commit_saying(&self, message: &str) -> Output {
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message])
    }

    /// Makes a commit in which every hook has something to ask.
    fn commit(&self) -> Output {
        self.commit_saying("Next\n\nAdvance: TASK-1")
    }
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

fn install_all(files: &HookFiles) {
    for hook in Hook::ALL {
        files.install(hook).unwrap();
    }
}

fn uninstall_all(files: &HookFiles) {
    for hook in Hook::ALL {
        files.uninstall(hook).unwrap();
    }
}

/// All files below a folder with content and mode; links as what they say.
fn listing(folder: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap) {
        let meta = entry.path().symlink_metadata().unwrap();
        let bytes = if meta.is_symlink() {
            fs::read_link(entry.path()).unwrap().into_os_string().into_encoded_bytes()
        } else if meta.is_file() {
            fs::read(entry.path()).unwrap()
        } else {
            Vec::new()
        };
        found.push((entry.path().to_owned(), meta.permissions().mode(), bytes));
    }
    found
}
