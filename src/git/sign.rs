//! Signatures, as git is configured to make them: by `ssh-keygen`, or `gpg` for commits.
//!
//! This is the one place of the module that starts programs. To sign, it is the one that git would take. To verify, it is
//! `ssh-keygen` unless the user's own configuration names another: the configuration of a repository may come from
//! somebody else.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use gix::bstr::BStr;
use gix::tempfile::handle::Writable;
use gix::tempfile::{AutoRemove, ContainingDirectory, Handle};

use crate::git::Repository;
use crate::process::{Error as ProcessError, Output, Program};

/// A program that verifies asks nobody, so that one which takes longer hangs.
const LONGEST_VERIFICATION: Duration = Duration::from_secs(60);

/// Why something could not be signed or verified.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// Git is configured to sign with something else than ssh keys.
    #[error("git is configured to sign with `{format}`, not with an ssh key")]
    NotSsh {
        /// The format.
        format: String,
    },
    /// No key is configured.
    #[error("git does not know your signing key")]
    NoKey,
    /// What is to be signed again was signed with another key than git is configured with.
    #[error("it was signed with another key than `user.signingKey`")]
    OtherKey,
    /// The program is not there.
    #[error("`{program}` is not installed")]
    Missing {
        /// The program.
        program: String,
    },
    /// The program would not.
    #[error("`{program}` failed: {reason}")]
    Failed {
        /// The program.
        program: String,
        /// Its last line.
        reason: String,
    },
    /// A temporary file could not be written.
    #[error("cannot write a temporary file: {0}")]
    Temporary(std::io::Error),
}

impl SignError {
    /// Returns what to try.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotSsh { .. } | Self::NoKey => Some(
                "try: git config --global gpg.format ssh; git config --global user.signingKey ~/.ssh/id_ed25519.pub"
                    .to_owned(),
            ),
            Self::Missing { program } if program == "ssh-keygen" => Some("install OpenSSH".to_owned()),
            _ => None,
        }
    }
}

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureStatus {
    /// It is good, and its key is one of the allowed ones.
    Valid {
        /// Whose key it is, as the list of allowed signers says; it may be a pattern.
        principal: String,
    },
    /// It is good, and no line of the list allows its key here and at that time.
    UnknownKey {
        /// The key's fingerprint.
        key: String,
    },
    /// It is not a signature of this payload.
    Invalid {
        /// What `ssh-keygen` answered.
        reason: String,
    },
}

/// A file that is gone when it is dropped.
type Temporary = Handle<Writable>;

impl Repository {
    /// Signs with the ssh key that git is configured with: a path, a literal key, or one that the agent has.
    /// Returns the armoured signature.
    pub fn sign(&self, payload: &[u8], namespace: &str) -> Result<String, SignError> {
        match self.config_text("gpg.format").as_deref() {
            Some("ssh") => self.sign_with_ssh(payload, namespace),
            other => Err(SignError::NotSsh { format: other.unwrap_or("openpgp").to_owned() }),
        }
    }

    /// Judges a signature by a list in the format of `allowed_signers`, as it counted `at` a time.
    pub fn verify_signature(
        &self,
        payload: &[u8],
        signature: &str,
        namespace: &str,
        allowed_signers: &str,
        at: Option<DateTime<Utc>>,
    ) -> Result<SignatureStatus, SignError> {
        let (signature, _kept) = self.temporary(signature.as_bytes())?;
        let (allowed, _kept_too) = self.temporary(allowed_signers.as_bytes())?;
        let time = at.map(|at| {
            let local = at.with_timezone(&Local).format("%Y%m%d%H%M%S");
            OsString::from(format!("-Overify-time={local}"))
        });
        let ask = |verb: &str, more: &[&OsStr]| {
            let mut args: Vec<&OsStr> = vec!["-Y".as_ref(), verb.as_ref()];
            args.extend(time.as_deref());
            args.extend(["-s".as_ref(), signature.as_os_str()]);
            args.extend(more);
            let program = self.program(&self.verifier(), &args, "verify a signature");
            program.input(payload).time_limit(LONGEST_VERIFICATION).output()
        };
        let found = ask("find-principals", &["-f".as_ref(), allowed.as_os_str()])?;
        let principals = found.stdout_text();
        let principals = principals.split(['\n', ',']).map(str::trim).filter(|one| !one.is_empty());
        for principal in principals.filter(|_| found.is_success()) {
            let more = ["-f", "-I", principal, "-n", namespace].map(OsStr::new);
            let checked = ask("verify", &[more[0], allowed.as_os_str(), more[1], more[2], more[3], more[4]])?;
            if checked.is_success() {
                return Ok(SignatureStatus::Valid { principal: principal.to_owned() });
            }
        }
        let checked = ask("check-novalidate", &["-n".as_ref(), namespace.as_ref()])?;
        if !checked.is_success() {
            return Ok(SignatureStatus::Invalid { reason: last_line_of(&checked) });
        }
        let printed = checked.stdout_text();
        let key = printed.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap_or_default();
        Ok(SignatureStatus::UnknownKey { key: key.to_owned() })
    }

    /// Signs a commit's bytes as `git commit -S` would.
    pub(super) fn sign_commit(&self, commit: &[u8]) -> Result<String, SignError> {
        let format = self.config_text("gpg.format").unwrap_or_else(|| "openpgp".to_owned());
        match &*format {
            "ssh" => self.sign_with_ssh(commit, "git"),
            "x509" => self.sign_with_gpg(commit, "gpgsm", &["gpg.x509.program"]),
            _ => self.sign_with_gpg(commit, "gpg", &["gpg.openpgp.program", "gpg.program"]),
        }
    }

    fn sign_with_ssh(&self, payload: &[u8], namespace: &str) -> Result<String, SignError> {
        let key = self.ssh_key()?;
        let literal = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(&*key));
        // Lives until the program has ended.
        let temporary = literal.map(|key| self.temporary(format!("{key}\n").as_bytes())).transpose()?;
        let file = match &temporary {
            Some((path, _)) => path.clone(),
            None => self.expanded_path("user.signingKey", &key),
        };
        let mut args: Vec<&OsStr> = ["-Y", "sign", "-n", namespace, "-f"].map(OsStr::new).to_vec();
        args.push(file.as_os_str());
        if temporary.is_some() {
            args.push("-U".as_ref());
        }
        let program = self.ssh_keygen();
        let output = self.run(&program, &args, payload)?;
        signature_in(&program, &output)
    }

    fn ssh_key(&self) -> Result<String, SignError> {
        if let Some(key) = self.config_text("user.signingKey").filter(|key| !key.is_empty()) {
            return Ok(key);
        }
        let command = self.trusted("gpg.ssh.defaultKeyCommand").ok_or(SignError::NoKey)?;
        let output = self.run("sh".as_ref(), &["-c".as_ref(), command.as_ref()], b"")?;
        let printed = output.stdout_text();
        printed.lines().next().filter(|line| !line.is_empty()).map(str::to_owned).ok_or(SignError::NoKey)
    }

    fn sign_with_gpg(&self, commit: &[u8], default: &str, keys: &[&str]) -> Result<String, SignError> {
        let configured = keys.iter().find_map(|key| self.trusted(key));
        let program = configured.unwrap_or_else(|| default.into());
        let key = self.config_text("user.signingKey").filter(|key| !key.is_empty());
        let key = key.or_else(|| committer_of(commit)).ok_or(SignError::NoKey)?;
        let args = ["--status-fd=2", "-bsau", &key].map(OsStr::new);
        let output = self.run(&program, &args, commit)?;
        if !output.stderr_text().contains("[GNUPG:] SIG_CREATED ") {
            let program = program.to_string_lossy().into_owned();
            return Err(SignError::Failed { program, reason: last_line_of(&output) });
        }
        signature_in(&program, &output)
    }

    fn ssh_keygen(&self) -> OsString {
        self.trusted("gpg.ssh.program").unwrap_or_else(|| "ssh-keygen".into())
    }

    /// The program that verifies: what the system's and the user's configuration, or the command line, say.
    fn verifier(&self) -> OsString {
        use gix::config::source::Kind;
        let is_users = |found: &gix::config::file::Metadata| {
            found.trust == gix::sec::Trust::Full && found.source.kind() != Kind::Repository
        };
        let config = self.inner.config_snapshot();
        let named = config.plumbing().string_filter("gpg.ssh.program", is_users);
        let program = named.filter(|named| !named.is_empty());
        let path =
            program.and_then(|program| Some(gix::path::from_bstr(BStr::new(&**program)).ok()?.into_owned()));
        path.map_or_else(|| "ssh-keygen".into(), PathBuf::into_os_string)
    }

    fn trusted(&self, key: &str) -> Option<OsString> {
        self.inner.config_snapshot().trusted_program(key).ok().flatten()
    }

    fn temporary(&self, bytes: &[u8]) -> Result<(PathBuf, Temporary), SignError> {
        let folder = &self.repo_paths().git_dir;
        let mut file = gix::tempfile::new(folder, ContainingDirectory::Exists, AutoRemove::Tempfile)
            .map_err(SignError::Temporary)?;
        file.write_all(bytes).and_then(|()| file.flush()).map_err(SignError::Temporary)?;
        let path = file.with_mut(|file| file.path().to_owned()).map_err(SignError::Temporary)?;
        Ok((path, file))
    }

    fn run(&self, program: &OsStr, args: &[&OsStr], input: &[u8]) -> Result<Output, SignError> {
        Ok(self.program(program, args, "sign").input(input).output()?)
    }

    fn program(&self, program: &OsStr, args: &[&OsStr], action: &'static str) -> Program {
        let program = Program::new(program, action).args(args);
        match &self.repo_paths().work_dir {
            Some(work_dir) => program.in_folder(work_dir),
            None => program,
        }
    }
}

impl From<ProcessError> for SignError {
    fn from(error: ProcessError) -> Self {
        match error {
            ProcessError::Missing { program, .. } => Self::Missing { program },
            ProcessError::Io { program, source, .. } => Self::Failed { program, reason: source.to_string() },
            ProcessError::TimedOut { program, limit, .. } => {
                Self::Failed { program, reason: format!("killed after {} s", limit.as_secs()) }
            }
        }
    }
}

fn signature_in(program: &OsStr, output: &Output) -> Result<String, SignError> {
    let signature = output.stdout_text().replace("\r\n", "\n");
    if output.is_success() && signature.starts_with("-----BEGIN ") {
        return Ok(signature);
    }
    let program = program.to_string_lossy().into_owned();
    Err(SignError::Failed { program, reason: last_line_of(output) })
}

/// The last line of a program's errors, without control characters.
fn last_line_of(output: &Output) -> String {
    let printed = output.stderr_text();
    let line = printed.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with("[GNUPG:]"));
    line.unwrap_or("it gave no reason").chars().filter(|c| !c.is_control()).collect()
}

/// `Name <address>` of a commit's committer: the key that gpg looks for where none is configured.
fn committer_of(commit: &[u8]) -> Option<String> {
    let line = commit.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"committer "))?;
    let end = line.iter().rposition(|byte| *byte == b'>')?;
    Some(String::from_utf8_lossy(&line[..=end]).into_owned())
}
