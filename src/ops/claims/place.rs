//! Where claims are decided: on a remote, or in this clone where there is none. And how a change of them happens: decide by
//! what is known, apply by compare-and-swap, look again where that failed.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::remote::{Lease, Pushed, PushedRef, Pushing, RefRefusal, STARTED, fetch, mark, push};
use crate::doc::{LARGEST_CLAIM, claim_text};
use crate::facts::{Claims, claim_refs_of};
use crate::git::{BlobId, CommitId, RefChange, Repository};
use crate::model::{CLAIM_REFS, FILES_REF};
use crate::ops::{Error, Result, Session};
use crate::policy::ClaimChange;
use crate::process::kill_marked;
use crate::store::ClaimsFetched;

/// The setting that names the remote of claims; `.` for none.
const REMOTE_SETTING: &str = "tracker.claimsRemote";
/// How often a change is tried that others get in the way of.
const MOST_TRIES: u32 = 100;
/// Milliseconds by which the wait before another try may grow with each, and up to which try.
const WAIT: (u32, u32) = (10, 40);
/// How often a server may refuse a change, or give no answer, before that is the answer.
const MOST_FAILURES: u32 = 3;
/// How often claims are fetched until nothing has changed meanwhile.
const MOST_FETCHES: u32 = 50;
/// A lock of a ref that is older than this was left by a process that was killed, in nanoseconds.
const OLD_LOCK: i64 = 2_000_000_000;

/// Where claims are decided.
pub(super) struct ClaimPlace<'s, 'e> {
    session: &'s Session<'e>,
    /// None where they are those of this clone.
    pub(super) remote: Option<String>,
}

/// Commits that are to become the end of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) commit: CommitId,
    /// The whole name of the branch, where claims are decided.
    pub(super) branch: String,
}

/// Changes that happen together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Transaction {
    pub(super) changes: Vec<ClaimChange>,
    /// Changes the ref that all claims with target files change, to say this.
    pub(super) files: Option<String>,
    pub(super) work: Option<Work>,
}

/// What follows from what is known.
pub(super) enum Decision<T> {
    /// Where this goes through, that is the answer.
    Change(Transaction, T),
    /// Nothing is to be changed.
    Answer(T),
}

/// What became of the last try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tried {
    Nothing,
    /// It may have gone through.
    Something,
    Refused(Vec<RefRefusal>),
}

/// What is known when it is decided what to change.
pub(super) struct Known<'k> {
    pub(super) claims: Claims,
    pub(super) tried: &'k Tried,
    /// Whether the claims were fetched since the call.
    pub(super) is_fresh: bool,
}

/// A call, for others who wait and for who does not know what became of it.
pub(super) struct Call<'a> {
    /// What takes the lock, for others to see.
    pub(super) action: &'a str,
    /// The command that shows the outcome, once the remote answers.
    pub(super) again: String,
    /// Whether what was fetched last is good enough to try.
    pub(super) trusts_copy: bool,
}

impl<'s, 'e> ClaimPlace<'s, 'e> {
    /// Finds the remote: the one that was given, that the user's configuration names, `origin`, or the only one.
    pub(super) fn find(session: &'s Session<'e>, given: Option<&str>) -> Result<Self> {
        let repository = session.workspace().repository()?;
        let named = given.map(str::to_owned).or_else(|| repository.config_text(REMOTE_SETTING));
        let names = repository.remote_names();
        let remote = match named.as_deref() {
            Some(".") => None,
            Some(name) if names.iter().any(|known| known == name) => named,
            Some(name) => {
                let known = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
                return Err(Error::usage_with(
                    format!("unknown remote `{name}`"),
                    format!("remotes: {known}"),
                ));
            }
            None => match names.as_slice() {
                [] => None,
                [only] => Some(only.clone()),
                several if several.iter().any(|name| name == "origin") => Some("origin".to_owned()),
                several => {
                    let hint = format!(
                        "run `git config {REMOTE_SETTING} NAME`, or `.` to claim in this clone alone"
                    );
                    let message = format!("claims could be on any of the remotes {}", several.join(", "));
                    return Err(Error::usage_with(message, hint));
                }
            },
        };
        Ok(Self { session, remote })
    }

    /// Returns the place as people name it.
    pub(super) fn name(&self) -> &str {
        self.remote.as_deref().unwrap_or("this clone")
    }

    /// Reads the claims as they are known here.
    pub(super) fn known(&self) -> Result<Claims> {
        Ok(Claims::read(self.session.workspace(), self.remote.as_deref())?)
    }

    /// Returns what is known of the last fetch.
    pub(super) fn fetched(&self) -> Option<ClaimsFetched> {
        self.session.workspace().claims_fetched(self.remote.as_deref()?)
    }

    /// Fetches the claims, unless another process of this clone has begun to since this was called.
    pub(super) fn refresh(&self) -> Result<()> {
        match self.try_refresh()? {
            Ok(()) => Ok(()),
            Err(reason) => Err(Error::Remote {
                message: format!("cannot fetch the claims of `{}`: {reason}", self.name()),
                hint: format!("run `tracker doctor --remote`, or `git ls-remote {}`", self.name()),
            }),
        }
    }

    fn try_refresh(&self) -> Result<std::result::Result<(), String>> {
        let Some(remote) = self.remote.as_deref() else { return Ok(Ok(())) };
        let (workspace, env) = (self.session.workspace(), self.session.env());
        let called = env.clock_nanos();
        let _lock = workspace.lock_claims("fetch claims")?;
        let is_done = |fetched: ClaimsFetched| (called..env.clock_nanos()).contains(&fetched.begun);
        if self.fetched().is_some_and(is_done) {
            return Ok(Ok(()));
        }
        let note = self.recover()?;
        workspace.forget_claims_fetched(remote)?;
        fs::write(&note, "").map_err(Error::io("write", &note))?;
        let fetched = self.fetch_all(remote);
        let _ = fs::remove_file(note);
        fetched
    }

    fn fetch_all(&self, remote: &str) -> Result<std::result::Result<(), String>> {
        let (workspace, env) = (self.session.workspace(), self.session.env());
        // A claim with target files may come after its list of claims was read and before the ref that it changes was. So
        // that ref must be what it was before the list was read.
        for _ in 0..MOST_FETCHES {
            let (before, begun) = (self.known()?.files, env.clock_nanos());
            if let Err(reason) = fetch(workspace, remote)? {
                return Ok(Err(reason));
            }
            if self.known()?.files == before {
                let fetched = ClaimsFetched { remote: remote.to_owned(), begun, at: env.now() };
                workspace.set_claims_fetched(&fetched)?;
                return Ok(Ok(()));
            }
        }
        Ok(Err("they change all the time".to_owned()))
    }

    /// Removes what a process that was killed has left: nobody else of this program changes these refs now. The note is there
    /// where one was killed while it did.
    fn recover(&self) -> Result<PathBuf> {
        let (workspace, env) = (self.session.workspace(), self.session.env());
        let common = &workspace.repo_paths().common_dir;
        let note = common.join("tracker").join("claims.editing");
        let was_killed = note.is_file();
        if was_killed {
            // What it has started may still write.
            kill_marked(STARTED, &mark(workspace));
        }
        let folder = common.join(claim_refs_of(self.remote.as_deref()));
        let locks = fs::read_dir(folder).into_iter().flatten().flatten();
        for lock in locks.filter(|entry| entry.path().extension().is_some_and(|end| end == "lock")) {
            let changed = lock.metadata().and_then(|found| found.modified()).ok();
            let changed = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let changed = changed.and_then(|at| i64::try_from(at.as_nanos()).ok());
            if was_killed || changed.is_some_and(|changed| env.clock_nanos() - changed > OLD_LOCK) {
                let _ = fs::remove_file(lock.path());
            }
        }
        workspace.repo_paths().remove_left_lock(&note);
        workspace.repository()?.note_ref_edits(note.clone());
        Ok(note)
    }

    /// Decides by what is known and applies that, again where others got in the way. An answer that changes nothing is given
    /// only by what is known since the call.
    pub(super) fn transact<T>(
        &self,
        call: &Call<'_>,
        mut decide: impl FnMut(&Known<'_>) -> Result<Decision<T>>,
    ) -> Result<T> {
        let env = self.session.env();
        let workspace = self.session.workspace();
        let _lock = match self.remote {
            None => Some(workspace.lock_claims(call.action)?),
            Some(_) => None,
        };
        let mut is_fresh = self.remote.is_none();
        if !is_fresh && !call.trusts_copy {
            self.refresh()?;
            is_fresh = true;
        }
        let (mut tried, mut failures) = (Tried::Nothing, 0);
        for count in 0..MOST_TRIES {
            let Some(claims) = self.known_as_fetched()? else {
                self.refresh()?;
                is_fresh = true;
                continue;
            };
            let files = claims.files;
            let (transaction, then) = match decide(&Known { claims, tried: &tried, is_fresh })? {
                Decision::Answer(answer) if is_fresh => return Ok(answer),
                Decision::Answer(_) => {
                    self.refresh()?;
                    is_fresh = true;
                    continue;
                }
                Decision::Change(transaction, then) => (transaction, then),
            };
            tried = match self.apply(&transaction, files)? {
                Pushed::Done => return Ok(then),
                Pushed::Moved => Tried::Nothing,
                Pushed::Refused(refused) => {
                    failures += 1;
                    if failures >= MOST_FAILURES {
                        return Err(self.refused(&refused));
                    }
                    Tried::Refused(refused)
                }
                Pushed::NoAnswer(reason) => {
                    failures += 1;
                    self.look_again(call, &reason, failures)?;
                    Tried::Something
                }
            };
            let wait = env.random_below(WAIT.0 * (count + 1).min(WAIT.1)) + 1;
            env.sleep(Duration::from_millis(wait.into()));
            self.refresh()?;
            is_fresh = true;
        }
        Err(self.gave_up(call))
    }

    /// Says why a change did not go through that nobody refuses.
    fn gave_up(&self, call: &Call<'_>) -> Error {
        let lock = self.session.workspace().repo_paths().packed_refs_lock();
        if lock.is_file() {
            return crate::git::Error::RefsLocked { path: lock }.into();
        }
        Error::Remote {
            message: format!("others change the claims of {} all the time", self.name()),
            hint: format!("run `{}` again", call.again),
        }
    }

    /// Makes sure that the remote answers again.
    fn look_again(&self, call: &Call<'_>, reason: &str, failures: u32) -> Result<()> {
        if failures >= MOST_FAILURES {
            let message = format!("git push to `{}` failed: {reason}", self.name());
            return Err(Error::Remote { message, hint: "run `tracker doctor --remote`".to_owned() });
        }
        for wait in [0, 500, 2000] {
            self.session.env().sleep(Duration::from_millis(wait));
            if self.try_refresh()?.is_ok() {
                return Ok(());
            }
        }
        Err(Error::Unknown {
            message: format!(
                "`{}` does not answer, and nobody knows whether the change went through: {reason}",
                self.name()
            ),
            hint: format!("run `{}` when it answers", call.again),
        })
    }

    fn refused(&self, refused: &[RefRefusal]) -> Error {
        let reasons: Vec<String> =
            refused.iter().map(|each| format!("{}: {}", each.name, each.reason)).collect();
        Error::Remote {
            message: format!("`{}` refuses the change: {}", self.name(), reasons.join("; ")),
            hint: "run `tracker doctor --remote`, which says what it allows".to_owned(),
        }
    }

    /// Reads the claims while nobody of this clone fetches them; none where nobody has, or not to the end.
    fn known_as_fetched(&self) -> Result<Option<Claims>> {
        let _lock = match self.remote {
            Some(_) => Some(self.session.workspace().lock_claims("read claims")?),
            None => None,
        };
        if self.remote.is_some() && self.fetched().is_none() {
            return Ok(None);
        }
        self.known().map(Some)
    }

    /// Applies changes that were decided when the ref of all claims with target files led to `files`.
    fn apply(&self, transaction: &Transaction, files: Option<BlobId>) -> Result<Pushed> {
        let repository = self.session.workspace().repository()?;
        let changes = ref_changes(&repository, transaction, files)?;
        match (&self.remote, &transaction.work) {
            (None, None) => {
                self.recover()?;
                Ok(if repository.change_refs(&changes)? { Pushed::Done } else { Pushed::Moved })
            }
            (None, Some(work)) => {
                let common = self.session.workspace().repo_paths().common_dir.display().to_string();
                let how = Pushing { to: &common, updates_work_trees: true, with_hooks: true };
                self.push(&how, &changes, Some(work))
            }
            (Some(remote), work) => {
                let how = Pushing { to: remote, updates_work_trees: false, with_hooks: work.is_some() };
                let pushed = self.push(&how, &changes, work.as_ref())?;
                if pushed == Pushed::Done {
                    self.update_copy(&repository, &changes)?;
                }
                Ok(pushed)
            }
        }
    }

    fn push(&self, how: &Pushing<'_>, changes: &[RefChange], work: Option<&Work>) -> Result<Pushed> {
        let of_claim = |change: &RefChange| PushedRef {
            name: change.name.clone(),
            lease: change.expected.map_or(Lease::Absent, |object| Lease::At(object.to_string())),
            new: change.new.map(|object| object.to_string()),
        };
        let of_work = |work: &Work| PushedRef {
            name: work.branch.clone(),
            lease: Lease::FastForward,
            new: Some(work.commit.to_string()),
        };
        let refs: Vec<PushedRef> =
            work.map(of_work).into_iter().chain(changes.iter().map(of_claim)).collect();
        push(self.session.workspace(), how, &refs)
    }

    /// Takes what was pushed into the copy of the remote's claims, but for what somebody has fetched meanwhile.
    fn update_copy(&self, repository: &Repository, changes: &[RefChange]) -> Result<()> {
        let prefix = claim_refs_of(self.remote.as_deref());
        let _lock = self.session.workspace().lock_claims("update claims")?;
        let of_copy = |change: &RefChange| {
            let name = format!("{prefix}{}", change.name.strip_prefix(CLAIM_REFS)?);
            Some(RefChange { name, ..change.clone() })
        };
        let copies: Vec<RefChange> = changes.iter().filter_map(of_copy).collect();
        // All of it or nothing: what is half of the old and half of the new is neither.
        let is_as_expected =
            |change: &RefChange| repository.ref_object(&change.name).ok().flatten() == change.expected;
        if copies.iter().all(is_as_expected) {
            self.recover()?;
            repository.change_refs(&copies)?;
        }
        Ok(())
    }
}

/// Returns the changes of refs, by the names that they have where claims are decided.
fn ref_changes(
    repository: &Repository,
    transaction: &Transaction,
    files: Option<BlobId>,
) -> Result<Vec<RefChange>> {
    let object =
        |text: &str| BlobId::parse(text).map_err(|error| Error::usage(format!("a claim leads to {error}")));
    let mut changes = Vec::with_capacity(transaction.changes.len() + 1);
    for change in &transaction.changes {
        let expected = change.expected.as_deref().map(object).transpose()?;
        let text = change.new.as_ref().map(claim_text);
        if text.as_ref().is_some_and(|text| text.len() as u64 > LARGEST_CLAIM) {
            let message = format!("{} has too many target files to be claimed", change.task);
            return Err(Error::usage_with(message, "name folders or globs in place of single files"));
        }
        let new = text.map(|text| repository.write_blob(text.as_bytes())).transpose()?;
        changes.push(RefChange { name: format!("{CLAIM_REFS}{}", change.task), expected, new });
    }
    if let Some(text) = &transaction.files {
        let new = Some(repository.write_blob(format!("{text}\n").as_bytes())?);
        changes.push(RefChange { name: format!("{CLAIM_REFS}{FILES_REF}"), expected: files, new });
    }
    Ok(changes)
}
