//! The hooks on disk.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::block::{ASIDE, Hook, Kind};
use super::script::{self, Ours};
use crate::store::write::{self, Target};
use crate::store::{Error, Result};

/// A repository's folder of hooks.
#[derive(Debug)]
pub struct HookFiles {
    folder: PathBuf,
}

/// The state of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    /// There is no hook.
    Absent,
    /// There is a hook, without our part.
    Foreign,
    /// Our part is there, as it would be put there now.
    Installed,
    /// Our part is there as another version of the tracker put it there, or changed by hand.
    Outdated,
    /// Our part is there, and git does not run the file: it is not executable.
    NotExecutable,
    /// Our part is there, and husky, which runs the file, is not installed in this clone yet.
    NotLedTo,
}

impl HookState {
    /// Returns whether git runs our part, be it of this version or another.
    #[must_use]
    pub fn runs(self) -> bool {
        matches!(self, Self::Installed | Self::Outdated)
    }
}

/// What was done to a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookChange {
    /// Nothing had to be done.
    Unchanged,
    /// There was none; now there is ours.
    Created,
    /// Our part was put into the script that was there.
    Embedded,
    /// What was there was moved aside, and is run by ours.
    MovedAside,
    /// Our part was brought up to date.
    Updated,
    /// The file was ours and is gone.
    Removed,
    /// What was there is there again, byte for byte.
    Restored,
}

impl HookFiles {
    /// Names the folder; see [`crate::git::Repository::hooks_folder`].
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the file that our part of a hook belongs into.
    ///
    /// husky keeps the hooks that git runs in a folder that it makes anew at each installation; they lead to
    /// files beside it, which are the user's.
    #[must_use]
    pub fn file(&self, hook: Hook) -> PathBuf {
        match self.folder.parent().filter(|_| self.is_huskys(hook)) {
            Some(own) => own.join(hook.name()),
            None => self.folder.join(hook.name()),
        }
    }

    /// Whether a hook is, or will be, one that husky leads to the user's file: husky need not have been installed yet.
    /// One that somebody has put into its folder by hand is not.
    fn is_huskys(&self, hook: Hook) -> bool {
        let leads_there = |text: Vec<u8>| text.windows(2).any(|at| at == b"/h");
        self.folder.ends_with(".husky/_") && fs::read(self.folder.join(hook.name())).map_or(true, leads_there)
    }

    /// husky hands the user's files to a shell, executable or not.
    fn is_run_by_husky(&self, hook: Hook) -> bool {
        self.is_huskys(hook) && self.folder.join("h").is_file() && self.folder.join(hook.name()).is_file()
    }

    /// Makes the hook that leads to the user's file, where husky is installed and has made others than this one.
    fn lead_from_husky(&self, hook: Hook) -> Result<()> {
        let own = self.folder.join(hook.name());
        let is_led = Hook::CLIENT.contains(&hook) && self.is_huskys(hook) && self.folder.join("h").is_file();
        if is_led && own.symlink_metadata().is_err() {
            create(&own, b"#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"")?;
        }
        Ok(())
    }

    /// Returns the state of a hook.
    pub fn state(&self, hook: Hook) -> Result<HookState> {
        let file = self.file(hook);
        let Some(found) = Found::read(&file)? else { return Ok(HookState::Absent) };
        Ok(match found.ours(&file, hook)? {
            None => HookState::Foreign,
            Some(ours) if !ours.is_current => HookState::Outdated,
            Some(_) if self.is_huskys(hook) && !self.is_run_by_husky(hook) => HookState::NotLedTo,
            Some(_) if !found.is_executable && !self.is_run_by_husky(hook) => HookState::NotExecutable,
            Some(_) => HookState::Installed,
        })
    }

    /// Puts our part into a hook. Twice is once.
    pub fn install(&self, hook: Hook) -> Result<HookChange> {
        self.lead_from_husky(hook)?;
        let file = self.file(hook);
        let Some(found) = Found::read(&file)? else {
            write::create_folder(file.parent().unwrap_or(&self.folder))?;
            let kind = if aside(&file).symlink_metadata().is_ok() { Kind::Wrapper } else { Kind::Created };
            create(&file, &script::whole(hook, kind))?;
            return Ok(HookChange::Created);
        };
        let is_run = found.is_executable || self.is_huskys(hook);
        if let Some(ours) = found.ours(&file, hook)? {
            if ours.is_current && is_run {
                return Ok(HookChange::Unchanged);
            }
            let text = if ours.is_all_ours() {
                script::whole(hook, ours.kind)
            } else {
                // What a user has added to a file of ours must run as well.
                let kind = if ours.kind == Kind::Created { Kind::Embedded } else { ours.kind };
                script::embed(&ours.rest, hook, kind)
            };
            replace(&file, &text, found.mode | executable_by_readers(found.mode))?;
            return Ok(HookChange::Updated);
        }
        match &found.script {
            Some(text) if is_run && script::is_shell_script(text) => {
                replace(&file, &script::embed(text, hook, Kind::Embedded), found.mode)?;
                Ok(HookChange::Embedded)
            }
            _ => {
                write::rename(&file, &aside(&file))?;
                create(&file, &script::whole(hook, Kind::Wrapper))?;
                Ok(HookChange::MovedAside)
            }
        }
    }

    /// Takes our part out of a hook.
    pub fn uninstall(&self, hook: Hook) -> Result<HookChange> {
        let file = self.file(hook);
        let Some(found) = Found::read(&file)? else { return Ok(HookChange::Unchanged) };
        let Some(ours) = found.ours(&file, hook)? else { return Ok(HookChange::Unchanged) };
        if !ours.is_all_ours() && ours.kind == Kind::Wrapper {
            return Err(broken(&file, "it has been edited around the tracker's block"));
        }
        if !ours.is_all_ours() {
            replace(&file, &ours.rest, found.mode)?;
            return Ok(HookChange::Restored);
        }
        let original = aside(&file);
        if ours.kind == Kind::Wrapper && original.symlink_metadata().is_ok() {
            fs::rename(&original, &file).map_err(Error::io("restore", &file))?;
            return Ok(HookChange::Restored);
        }
        fs::remove_file(&file).map_err(Error::io("remove", &file))?;
        Ok(HookChange::Removed)
    }
}

/// A hook as it is on disk.
struct Found {
    /// Its text; none where it is a link.
    script: Option<Vec<u8>>,
    mode: u32,
    is_executable: bool,
}

impl Found {
    fn read(file: &Path) -> Result<Option<Self>> {
        let meta = match fs::symlink_metadata(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            meta => meta.map_err(Error::io("stat", file))?,
        };
        let mode = meta.permissions().mode();
        if meta.is_symlink() {
            return Ok(Some(Self { script: None, mode, is_executable: true }));
        }
        if !meta.is_file() {
            return Err(Error::WrongKind { path: file.into(), expected: "file" });
        }
        let script = fs::read(file).map_err(Error::io("read", file))?;
        Ok(Some(Self { script: Some(script), mode, is_executable: mode & 0o111 != 0 }))
    }

    fn ours(&self, file: &Path, hook: Hook) -> Result<Option<Ours>> {
        let Some(script) = &self.script else { return Ok(None) };
        script::find(script, hook).map_err(|_| broken(file, "the tracker's block in it is torn"))
    }
}

fn broken(file: &Path, reason: &'static str) -> Error {
    Error::BrokenHook { path: file.into(), reason }
}

fn aside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default();
    file.with_file_name([name, ASIDE.as_ref()].join("".as_ref()))
}

fn create(file: &Path, text: &[u8]) -> Result<()> {
    write::write(file, text, Target::New)?;
    let mode = fs::metadata(file).map_err(Error::io("stat", file))?.permissions().mode();
    set_mode(file, mode | executable_by_readers(mode))
}

/// A hook may be write-protected; whoever may write to the folder may replace it all the same.
fn replace(file: &Path, text: &[u8], mode: u32) -> Result<()> {
    if mode & 0o222 == 0 {
        set_mode(file, mode | 0o200)?;
    }
    write::write(file, text, Target::Existing)?;
    set_mode(file, mode)
}

fn set_mode(file: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(file, Permissions::from_mode(mode & 0o7777))
        .map_err(Error::io("change the mode of", file))
}

fn executable_by_readers(mode: u32) -> u32 {
    (mode & 0o444) >> 2
}
