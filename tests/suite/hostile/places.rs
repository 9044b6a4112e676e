//! Links, pipes, folders, devices and odd names in every place where a file or a folder should be.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;

use super::Fate::{self, Broken, Sound};
use super::{GOOD, HostileTracker, each, task};

/// Ways to put something in the place of something else.
pub(super) type Place = (&'static str, Fate, fn(&Path));

fn replace_by_link(path: &Path, target: &str) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path).unwrap();
    } else if path.symlink_metadata().is_ok() {
        fs::remove_file(path).unwrap();
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

fn replace_by_bytes(path: &Path, bytes: &[u8]) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn replace_by_folder(path: &Path) {
    if path.is_file() {
        fs::remove_file(path).unwrap();
    }
    fs::create_dir_all(path.join("inside")).unwrap();
}

pub(super) fn make_pipe(path: &Path) {
    let _ = fs::remove_file(path);
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
}

fn make_socket(path: &Path) {
    let _ = fs::remove_file(path);
    std::os::unix::net::UnixListener::bind(path).unwrap();
    assert!(path.metadata().unwrap().file_type().is_socket());
}

const OUTSIDE: &str = "../../outside";

/// Things in the wrong place; the path is that of `.tracker`.
pub(super) const PLACES: &[Place] = &[
    ("tracker is a link out", Broken, |root| replace_by_link(root, "../outside")),
    ("tracker is a dangling link", Broken, |root| replace_by_link(root, "../nowhere")),
    ("tracker is a file", Broken, |root| replace_by_bytes(root, b"x")),
    ("tracker is a loop", Broken, |root| replace_by_link(root, ".tracker")),
    ("tasks is a link out", Broken, |root| replace_by_link(&root.join("tasks"), "../../outside/tasks")),
    ("tasks is a dangling link", Broken, |root| replace_by_link(&root.join("tasks"), "../../nowhere")),
    ("tasks is a file", Broken, |root| replace_by_bytes(&root.join("tasks"), b"x")),
    ("a task is a link out", Broken, |root| {
        replace_by_link(&root.join("tasks/TASK-1.md"), "../../../outside/TASK-1.md");
    }),
    ("a task is a link to another", Broken, |root| {
        replace_by_link(&root.join("tasks/TASK-1.md"), "TASK-GOOD.md");
    }),
    ("a task is a dangling link", Broken, |root| {
        replace_by_link(&root.join("tasks/TASK-1.md"), "../../../outside/new.md");
    }),
    ("a task is a link to a device", Broken, |root| {
        replace_by_link(&root.join("tasks/TASK-1.md"), "/dev/zero");
    }),
    ("a task is a folder", Broken, |root| replace_by_folder(&root.join("tasks/TASK-1.md"))),
    ("a task is a pipe", Broken, |root| make_pipe(&root.join("tasks/TASK-1.md"))),
    ("a task is a socket", Broken, |root| make_socket(&root.join("tasks/TASK-1.md"))),
    ("a task of 100 MB", Broken, |root| {
        fs::File::create(root.join("tasks/TASK-1.md")).unwrap().set_len(100_000_000).unwrap();
    }),
    ("a task at the limit", Broken, |root| {
        fs::File::create(root.join("tasks/TASK-1.md")).unwrap().set_len(4 * 1024 * 1024).unwrap();
    }),
    ("config is a link out", Broken, |root| {
        replace_by_link(&root.join("config.toml"), "../../outside/config.toml");
    }),
    ("config is a dangling link", Broken, |root| {
        replace_by_link(&root.join("config.toml"), "../../outside/new.toml");
    }),
    ("config is a folder", Broken, |root| replace_by_folder(&root.join("config.toml"))),
    ("config is a pipe", Broken, |root| make_pipe(&root.join("config.toml"))),
    ("config of 100 MB", Broken, |root| {
        fs::File::create(root.join("config.toml")).unwrap().set_len(100_000_000).unwrap();
    }),
    ("config is not UTF-8", Broken, |root| replace_by_bytes(&root.join("config.toml"), b"a = \"\xff\"\n")),
    ("config contains a NUL", Broken, |root| replace_by_bytes(&root.join("config.toml"), b"a = \"\0\"\n")),
    ("config nested deep", Broken, |root| {
        replace_by_bytes(&root.join("config.toml"), format!("a = {}", "[".repeat(100_000)).as_bytes());
    }),
    ("config with a deep key", Broken, |root| {
        replace_by_bytes(&root.join("config.toml"), format!("{}a = 1\n", "a.".repeat(100_000)).as_bytes());
    }),
    ("config of many tables", Broken, |root| {
        replace_by_bytes(&root.join("config.toml"), "[[a]]\n".repeat(100_000).as_bytes());
    }),
    ("config of many stages", Broken, |root| {
        let stages: Vec<String> = (0..200_000).map(|n| format!("\"s{n}\"")).collect();
        replace_by_bytes(
            &root.join("config.toml"),
            format!("[pipeline]\nstages = [{}]\n", stages.join(",")).as_bytes(),
        );
    }),
    ("config of many types", Broken, |root| {
        let types: String = (0..40_000).map(|n| format!("[types.t{n}]\nstages = [\"a{n}\"]\n")).collect();
        replace_by_bytes(&root.join("config.toml"), types.as_bytes());
    }),
    ("config of many unknown keys", Broken, |root| {
        let keys: String = (0..100_000).map(|n| format!("k{n} = 1\n")).collect();
        replace_by_bytes(&root.join("config.toml"), keys.as_bytes());
    }),
    ("config with as many unknown keys as fit", Sound, |root| {
        let keys: String = (0..6_000).map(|n| format!("k{n} = 1\n")).collect();
        replace_by_bytes(&root.join("config.toml"), keys.as_bytes());
    }),
    ("config with a path for a prefix", Broken, |root| {
        replace_by_bytes(&root.join("config.toml"), b"id_prefix = \"../../outside/x\"\n");
    }),
    ("config with a long prefix", Broken, |root| {
        replace_by_bytes(
            &root.join("config.toml"),
            format!("id_prefix = \"{}\"\n", "X".repeat(62)).as_bytes(),
        );
    }),
    ("config with escapes", Broken, |root| {
        let text = "project = \"\\u001b[2J\"\nid_scheme = \"\\u001b[2J\\u202e\"\n\"\\u001b[2J\" = 1\n";
        replace_by_bytes(&root.join("config.toml"), text.as_bytes());
    }),
    ("config with huge numbers", Broken, |root| {
        replace_by_bytes(&root.join("config.toml"), format!("format = {}\n", "9".repeat(10_000)).as_bytes());
    }),
    ("config in conflict", Broken, |root| {
        replace_by_bytes(
            &root.join("config.toml"),
            b"<<<<<<< a\nformat = 1\n=======\nformat = 2\n>>>>>>> b\n",
        );
    }),
    ("the last number is taken", Sound, |root| {
        replace_by_bytes(&root.join("config.toml"), b"id_scheme = \"sequential\"\n");
        for number in [u64::MAX, u64::MAX - 1, 999_999_999_999_999_999] {
            let id = format!("TASK-{number}");
            fs::write(root.join(format!("tasks/{id}.md")), task(&id, "", "")).unwrap();
        }
    }),
    ("notes is a link out", Sound, |root| replace_by_link(&root.join("notes"), OUTSIDE)),
    ("notes is a file", Sound, |root| replace_by_bytes(&root.join("notes"), b"x")),
    ("notes of a task is a link out", Sound, |root| {
        replace_by_link(&root.join("notes/TASK-GOOD"), "../../../outside");
    }),
    ("notes of a task is a dangling link", Sound, |root| {
        replace_by_link(&root.join("notes/TASK-GOOD"), "../../../nowhere");
    }),
    ("notes of a task is a file", Sound, |root| replace_by_bytes(&root.join("notes/TASK-GOOD"), b"x")),
    ("notes that are no notes", Sound, |root| {
        let folder = root.join("notes/TASK-GOOD");
        replace_by_bytes(&folder.join("a.md"), b"\xff\0");
        replace_by_bytes(&folder.join("b.md"), b"---\nat: 999999999-01-01T00:00:00Z\nby: x\n---\n");
        replace_by_bytes(
            &folder.join("c.md"),
            "---\nat: 2026-11-11T09:00:00Z\nby: \"\\e[2J\"\n---\n\u{9b}\u{202e}\n".as_bytes(),
        );
        replace_by_bytes(&folder.join("e.md"), format!("---\na: {}\n---\n", "[".repeat(60_000)).as_bytes());
        replace_by_link(&folder.join("f.md"), "/etc/passwd");
        make_pipe(&folder.join("g.md"));
        replace_by_folder(&folder.join("h.md"));
    }),
    ("folders of notes with strange names", Sound, |root| {
        for name in ["TASK-\u{1b}[2J", "..x", "task-good", "TASK-404", "a b\nc", "%2e%2e"] {
            replace_by_bytes(&root.join("notes").join(name).join("x.md"), b"x");
        }
        replace_by_bytes(&root.join("notes").join(OsStr::from_bytes(b"TASK-\xff")).join("x.md"), b"x");
    }),
    ("templates is a link out", Sound, |root| replace_by_link(&root.join("templates"), OUTSIDE)),
    ("a template is a link to a device", Sound, |root| {
        replace_by_link(&root.join("templates/cards.md"), "/dev/zero");
    }),
    ("strange file names", Broken, |root| {
        let names: [&[u8]; 9] = [
            b"\xff\xfe.md",
            b"TASK-\xff.md",
            b"task-good.md",
            b"Task-Good.md",
            b"TASK-GOOD.MD",
            b"TASK-\x1b[2J.md",
            b"a\nTASK-FAKE.md",
            b"-rf.md",
            "TASK-\u{202e}1.md".as_bytes(),
        ];
        for name in names {
            fs::write(root.join("tasks").join(OsStr::from_bytes(name)), GOOD).unwrap();
        }
        fs::write(root.join("tasks").join(OsStr::from_bytes(b".\xff.md.1.tmp")), GOOD).unwrap();
        fs::write(root.join("tasks").join(format!("TASK-{}.md", "9".repeat(200))), GOOD).unwrap();
    }),
    ("a deep folder", Sound, |root| {
        let mut path = root.join("deep");
        for _ in 0..900 {
            path.push("aa");
        }
        fs::create_dir_all(path).unwrap();
    }),
    ("own files are links", Sound, |root| {
        replace_by_link(&root.join(".gitignore"), "../../outside/TASK-1.md");
        replace_by_link(&root.join(".gitattributes"), "../../outside/new");
    }),
    ("a leftover is a link", Sound, |root| {
        replace_by_link(&root.join("tasks/.TASK-GOOD.md.1.tmp"), "../../../outside/TASK-1.md");
    }),
];

fn bear_place((name, fate, plant): &Place) {
    let hostile = HostileTracker::new();
    plant(&hostile.sandbox.path().join(".tracker"));
    let listed = hostile.run(&["list"]);
    if *fate == Broken {
        assert!(listed.status != Some(0) && listed.stderr.contains(".tracker"), "{name}: {listed}");
    } else {
        listed.exits(0);
    }
    let has_rest = !name.starts_with("tracker is") && !name.starts_with("tasks is");
    assert!(!has_rest || listed.stdout.contains("TASK-GOOD"), "{name}: {listed}");
    hostile.read_all("TASK-1", &[]);
    hostile.run(&["init", "--profile", "plain", "--no-hooks"]);
    hostile.write_all("TASK-1");
    hostile.nothing_outside_changed();
}

#[test]
fn every_command_bears_the_wrong_things_in_every_place_1() {
    each(PLACES.iter().step_by(2), |(name, ..)| (*name).to_owned(), |place| bear_place(place));
}

#[test]
fn every_command_bears_the_wrong_things_in_every_place_2() {
    each(PLACES.iter().skip(1).step_by(2), |(name, ..)| (*name).to_owned(), |place| bear_place(place));
}

#[test]
fn a_broken_note_is_named() {
    let hostile = HostileTracker::new();
    let root = hostile.sandbox.path().join(".tracker");
    let (_, _, plant) = PLACES.iter().find(|(name, ..)| *name == "notes that are no notes").unwrap();
    plant(&root);
    let shown = hostile.run(&["show", "TASK-GOOD"]);
    shown.exits(1);
    for name in ["a", "b", "e", "f", "g", "h"] {
        shown.complains_of(&format!(".tracker/notes/TASK-GOOD/{name}.md"));
    }
}
