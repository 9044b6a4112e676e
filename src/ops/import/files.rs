//! The files that an import reads: one file, standard input, or those of a folder that look like tasks. Links are not
//! followed, and what is no plain file is refused: what a repository contains is nobody's word.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::git::open_regular;
use crate::import::tasks::{ImportFormat, ImportInput, belongs_beside, detect, text_of};
use crate::model::{Problem, TRACKER_FOLDER};
use crate::ops::{Error, Result, Session};

/// Most bytes that are read of one file.
const LARGEST: u64 = 32 * 1024 * 1024;
/// Most bytes that are read of one file among many.
const LARGEST_OF_MANY: u64 = 1024 * 1024;
/// Most bytes of all files of a folder.
const LARGEST_FOLDER: usize = 64 * 1024 * 1024;
/// Most files of a folder.
const MOST_FILES: usize = 10_000;
/// How many folders deep files are looked for.
const DEEPEST: usize = 6;

/// A file's text, and what the numbers in it are unique in.
#[derive(Debug, Clone)]
pub struct ImportFile {
    /// The path, as it was named.
    pub path: String,
    scope: String,
    /// Where it is, as seen from the top of the working tree, or from the root where it is outside; none of standard input.
    place: Option<String>,
    text: String,
    /// Its format, as far as it is clear.
    pub format: Option<ImportFormat>,
}

impl ImportFile {
    /// Returns the text, with `\n` at the ends of its lines.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns what its tasks were read from: the file, or the folder that a tracker with a file a task keeps them in.
    pub(in crate::ops) fn origin(&self, format: ImportFormat) -> Option<&str> {
        let place = self.place.as_deref()?;
        match format {
            format if format.has_global_ids() => None,
            ImportFormat::Backlog => {
                let folder = above(above(place));
                Some(folder.strip_suffix("/archive").unwrap_or(folder))
            }
            ImportFormat::TodoTxt => Some(above(place)),
            _ => Some(place),
        }
    }

    /// Returns what a plan of its tasks is known by: also where the tasks have names of their own, it is a plan of this file.
    pub(in crate::ops) fn plan_origin(&self, format: ImportFormat) -> Option<&str> {
        self.origin(format).or(self.place.as_deref())
    }

    pub(super) fn input(&self) -> ImportInput<'_> {
        ImportInput { path: &self.path, scope: &self.scope, text: &self.text }
    }
}

/// What there is to import.
#[derive(Debug, Clone, Default)]
pub struct ImportFiles {
    /// The files, sorted by path.
    pub files: Vec<ImportFile>,
    /// What was not read.
    pub problems: Vec<Problem>,
    /// The folder that was looked through, as the places of files are given; none where a file was named.
    folder: Option<String>,
}

impl ImportFiles {
    /// Returns what tasks were read from whole: what is not among them now is no longer there.
    pub(super) fn whole_origins(&self, format: ImportFormat) -> BTreeSet<&str> {
        let origins = self.files.iter().filter_map(|file| file.origin(format));
        let is_whole = |origin: &&str| match (&self.folder, format) {
            (folder, ImportFormat::Backlog | ImportFormat::TodoTxt) => {
                folder.as_deref().is_some_and(|folder| is_at_or_below(origin, folder))
            }
            _ => true,
        };
        origins.filter(is_whole).collect()
    }

    /// Takes files that have no format of their own: those beside files of one that keeps a task a file are of it, too,
    /// and reading them tells what is wrong with them.
    fn take_unclear(&mut self, unclear: Vec<ImportFile>) {
        let is_backlog = |file: &&ImportFile| file.format == Some(ImportFormat::Backlog);
        let folders: BTreeSet<String> =
            self.files.iter().filter(is_backlog).map(|file| above(&file.path).to_owned()).collect();
        for mut file in unclear {
            let is_beside = folders.contains(above(&file.path));
            if is_beside && belongs_beside(&file.input(), ImportFormat::Backlog) {
                file.format = Some(ImportFormat::Backlog);
                self.files.push(file);
            } else if is_beside || file.path.ends_with("/tasks.md") {
                let problem = Problem::warning("no task found in it").in_file(&file.path);
                self.problems.push(problem.with_hint("it is not imported"));
            }
        }
        self.files.sort_by(|one, other| one.path.cmp(&other.path));
    }
}

/// Makes the file that standard input is.
pub fn standard_input(bytes: &[u8]) -> Result<ImportFiles> {
    let file = file_of("-", "stdin".to_owned(), None, bytes)?;
    Ok(ImportFiles { files: vec![file], ..ImportFiles::default() })
}

/// Reads a file, or the files of a folder that are of a format: of `format`, or of the only one that there is.
pub fn import_files(session: &Session<'_>, given: &str, format: Option<ImportFormat>) -> Result<ImportFiles> {
    let path = session.env().cwd().join(given);
    let meta = path.symlink_metadata().map_err(Error::io("read", &path))?;
    if meta.is_dir() {
        return folder(session, given, &path, format);
    }
    if !meta.is_file() {
        let what = if meta.file_type().is_symlink() { "a link" } else { "no plain file" };
        let hint = format!("pass what it contains: tracker import - < {given}");
        return Err(Error::usage_with(format!("`{given}` is {what}"), hint));
    }
    let bytes = read(&path, LARGEST)?;
    let bytes = bytes
        .ok_or_else(|| Error::usage_with(format!("`{given}` has more than {LARGEST} bytes"), "split it"))?;
    let file = file_of(given, scope_of(session, &path), Some(place_of(session, &path)), &bytes)?;
    Ok(ImportFiles { files: vec![file], ..ImportFiles::default() })
}

fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let file = open_regular(OpenOptions::new().read(true), path).map_err(Error::io("read", path))?;
    let mut bytes = Vec::new();
    let length = file.take(most + 1).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok((length as u64 <= most).then_some(bytes))
}

fn file_of(path: &str, scope: String, place: Option<String>, bytes: &[u8]) -> Result<ImportFile> {
    let text = text_of(bytes).map_err(|problems| {
        Error::Broken(problems.into_iter().map(|problem| problem.in_file(path)).collect())
    })?;
    let mut file = ImportFile { path: path.to_owned(), scope, place, text, format: None };
    file.format = detect(&file.input());
    Ok(file)
}

fn folder(
    session: &Session<'_>,
    given: &str,
    path: &Path,
    format: Option<ImportFormat>,
) -> Result<ImportFiles> {
    let mut found = ImportFiles { folder: Some(place_of(session, path)), ..ImportFiles::default() };
    let (mut size, mut unclear) = (0, Vec::new());
    let walk = walkdir::WalkDir::new(path).max_depth(DEEPEST).sort_by_file_name();
    let is_passed = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0
            || name != TRACKER_FOLDER
                && !matches!(name.as_ref(), ".git" | "node_modules" | "target" | "vendor")
    };
    for entry in walk.into_iter().filter_entry(is_passed) {
        let entry = entry.map_err(|error| Error::usage(format!("cannot read `{given}`: {error}")))?;
        let below =
            entry.path().strip_prefix(path).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
        let shown = format!("{}/{below}", given.trim_end_matches('/'));
        if entry.file_type().is_dir() || !may_be_tasks(&shown) {
            continue;
        }
        let skipped = |why: &str| Problem::warning(why).in_file(&shown).with_hint("it is not imported");
        if !entry.file_type().is_file() {
            found.problems.push(skipped("a link, or no plain file"));
            continue;
        }
        if found.files.len() >= MOST_FILES || size > LARGEST_FOLDER {
            let message = format!("`{given}` has too many files, or too large ones");
            return Err(Error::usage_with(message, "import a folder below it"));
        }
        let Some(bytes) = read(entry.path(), LARGEST_OF_MANY)? else {
            found.problems.push(skipped(&format!("more than {LARGEST_OF_MANY} bytes")));
            continue;
        };
        size += bytes.len();
        let place = place_of(session, entry.path());
        match file_of(&shown, scope_of(session, entry.path()), Some(place), &bytes) {
            Ok(file) if file.format.is_some() => found.files.push(file),
            Ok(file) => unclear.push(file),
            Err(Error::Broken(problems)) => found.problems.extend(problems),
            Err(error) => return Err(error),
        }
    }
    found.take_unclear(unclear);
    of_one_format(given, found, format)
}

/// Whether a file of a folder is worth a look: by the names that trackers give theirs.
fn may_be_tasks(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let parent = parts.next().unwrap_or_default();
    matches!(
        name,
        "tasks.md"
            | "tasks.json"
            | "todo.json"
            | "issues.jsonl"
            | "beads.jsonl"
            | "todo.txt"
            | "done.txt"
            | "TASK_CARDS.md"
    ) || name.ends_with(".md") && matches!(parent, "tasks" | "completed" | "drafts" | "archive")
}

fn of_one_format(given: &str, mut found: ImportFiles, format: Option<ImportFormat>) -> Result<ImportFiles> {
    let mut counts: BTreeMap<ImportFormat, usize> = BTreeMap::new();
    for format in found.files.iter().filter_map(|file| file.format) {
        *counts.entry(format).or_default() += 1;
    }
    if format.is_none() && counts.len() > 1 {
        let shown: Vec<String> =
            counts.iter().map(|(format, count)| format!("{} ({count})", format.name())).collect();
        let message = format!("`{given}` has files of several formats: {}", shown.join(", "));
        return Err(Error::usage_with(message, "choose one with --from, or name a file"));
    }
    let selected = format.or_else(|| counts.keys().next().copied());
    found.files.retain(|file| file.format == selected);
    if selected == Some(ImportFormat::Cards) && found.files.len() > 1 {
        return Err(Error::usage_with(
            format!("`{given}` has several documents of task cards"),
            "import them one by one",
        ));
    }
    Ok(found)
}

/// Returns the folder that a path is in; empty where it names none.
fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a place is a folder or something in it; the empty folder is the top of the working tree.
fn is_at_or_below(place: &str, folder: &str) -> bool {
    let below = place.strip_prefix(folder);
    folder.is_empty() && !place.starts_with('/')
        || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns a path without `.` and `..`, and what is of it below the top of the working tree; none where it is outside.
fn below_top(session: &Session<'_>, path: &Path) -> (PathBuf, Option<PathBuf>) {
    let plain = without_dots(path);
    let top = session.workspace().work_dir();
    let real_top = top.canonicalize().unwrap_or_else(|_| top.to_path_buf());
    let below =
        plain.strip_prefix(top).or_else(|_| plain.strip_prefix(&real_top)).ok().map(Path::to_path_buf);
    (plain, below)
}

/// Returns where something is, as seen from the top of the working tree, or from the root.
fn place_of(session: &Session<'_>, path: &Path) -> String {
    let (plain, below) = below_top(session, path);
    below.unwrap_or(plain).to_string_lossy().replace('\\', "/")
}

/// Returns what numbers of tasks are unique in: the folder of a file whose name says nothing, else the file, as seen from
/// the top of the working tree; outside of it their names alone.
fn scope_of(session: &Session<'_>, path: &Path) -> String {
    let (plain, below) = below_top(session, path);
    let names = |path: &Path| -> Vec<String> {
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (mut parts, is_inside) = match below {
        Some(below) => (names(&below), true),
        None => (names(&plain), false),
    };
    let name = parts.pop().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
    let is_plain_name = matches!(stem.as_str(), "tasks" | "todo" | "done" | "issues" | "beads");
    if let [.., archive, change] = parts.as_mut_slice()
        && archive == "archive"
    {
        // OpenSpec puts the day before the name of a change that is done, and moves it.
        let day = change.get(..10).and_then(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        if let (Some(_), Some(rest)) = (day, change.get(11..)) {
            *change = rest.to_owned();
            parts.retain(|part| part != "archive");
        }
    }
    if !is_inside {
        parts = parts.pop().into_iter().collect();
    }
    match is_plain_name {
        true if parts.is_empty() => {
            if stem == "done" {
                "todo".to_owned()
            } else {
                stem
            }
        }
        true => parts.join("/"),
        false if is_inside => parts.into_iter().chain([stem]).collect::<Vec<_>>().join("/"),
        false => stem,
    }
}

/// Returns a path without `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
