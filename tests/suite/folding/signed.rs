//! Signed commits stay signed.

use std::fs;

use tracker::git::{FoldRefusal, SignError};

use super::{DEV, TASK, assert_clean, creating, fold, fold_in, moving, repository};
use crate::support::Sandbox;

/// Makes a key and lets git sign all commits with it. Returns the public key.
pub(crate) fn sign_with_ssh(sandbox: &Sandbox) -> String {
    let key = sandbox.root().join("home/the key");
    let path = key.display().to_string();
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", &path];
    assert_eq!(sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = sandbox.root().join("home/allowed");
    fs::write(&allowed, format!("ada@example.com {public}")).unwrap();
    sandbox.git(&["config", "gpg.format", "ssh"]);
    sandbox.git(&["config", "user.signingKey", &path]);
    sandbox.git(&["config", "commit.gpgSign", "true"]);
    sandbox.git(&["config", "gpg.ssh.allowedSignersFile", &allowed.display().to_string()]);
    public
}

#[test]
fn with_an_ssh_key() {
    for format in ["sha1", "sha256"] {
        let sandbox = Sandbox::without_repository();
        sandbox.git(&["init", "--quiet", &format!("--object-format={format}")]);
        super::fill(&sandbox);
        sign_with_ssh(&sandbox);
        sandbox.commit_file("src/a", "a", "Signed\n\nwith a body");
        let edits = [moving(TASK, DEV), creating(".tracker/new.md", "new\n")];
        let folded = fold(&sandbox, &edits);
        assert_ne!(folded.commit, folded.previous);
        sandbox.git(&["verify-commit", "HEAD"]);
        assert_eq!(sandbox.git(&["log", "-1", "--format=%G?"]), "G");
        assert_clean(&sandbox, "");
        assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
        assert!(fold_in(&sandbox, "", &edits).unwrap().is_nothing());
        assert_eq!(temporary_files(&sandbox), 0);
    }
}

#[test]
fn a_commit_that_another_key_signed_is_not_signed_by_the_configured_one() {
    let sandbox = repository();
    sign_with_ssh(&sandbox);
    let release = sandbox.root().join("home/the key").display().to_string();
    sandbox.commit_file("src/a", "a", "Signed by the first key");
    std::fs::rename(&release, format!("{release} of releases")).unwrap();
    std::fs::remove_file(format!("{release}.pub")).unwrap();
    sign_with_ssh(&sandbox);
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let refused = fold_in(&sandbox, "", &[moving(TASK, DEV)]);
    assert!(matches!(refused, Err(FoldRefusal::Unsigned(SignError::OtherKey))), "{refused:?}");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
}

/// Files whose names git and the tracker do not know.
fn temporary_files(sandbox: &Sandbox) -> usize {
    let names = fs::read_dir(sandbox.path().join(".git")).unwrap().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with(".tmp")).count()
}

#[test]
fn an_unsigned_commit_stays_unsigned() {
    let sandbox = repository();
    sandbox.commit_file("src/a", "a", "Plain");
    sign_with_ssh(&sandbox);
    fold(&sandbox, &[moving(TASK, DEV)]);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%G?"]), "N");
}

#[test]
fn without_the_key_nothing_is_folded() {
    let sandbox = repository();
    sign_with_ssh(&sandbox);
    let head = sandbox.commit_file("src/a", "a", "Signed");
    let key = sandbox.root().join("home/the key");
    fs::rename(&key, key.with_extension("away")).unwrap();
    let refusal = fold_in(&sandbox, "", &[moving(TASK, DEV)]).unwrap_err();
    assert!(matches!(refusal, FoldRefusal::Unsigned(SignError::Failed { .. })), "{refusal}");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    assert_clean(&sandbox, "");

    sandbox.git(&["config", "--unset", "user.signingKey"]);
    let refusal = fold_in(&sandbox, "", &[moving(TASK, DEV)]).unwrap_err();
    assert!(matches!(refusal, FoldRefusal::Unsigned(SignError::NoKey)), "{refusal}");

    sandbox.git(&["config", "user.signingKey", "some key"]);
    sandbox.git(&["config", "gpg.ssh.program", "/nowhere/ssh-keygen"]);
    let refusal = fold_in(&sandbox, "", &[moving(TASK, DEV)]).unwrap_err();
    let expected = "the commit is signed and cannot be signed again: `/nowhere/ssh-keygen` is not installed";
    assert_eq!(refusal.to_string(), expected);
    assert!(!sandbox.path().join(".git/index.lock").exists());
}

#[test]
fn with_gpg_where_it_is_there() {
    let sandbox = repository();
    let home = sandbox.root().join("g");
    fs::create_dir(&home).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    }
    // gpg finds its keys by a variable, which the test's own process does not have.
    let program = sandbox.root().join("home/gpg with home");
    fs::write(&program, format!("#!/bin/sh\nexec gpg --homedir '{}' \"$@\"\n", home.display())).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let generate =
        ["--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "Ada Lovelace <ada@example.com>"];
    if sandbox.root().as_os_str().len() > 80
        || sandbox.program_with("gpg", "", &["--version"], |_| {}).status != 0
    {
        return;
    }
    let made = sandbox.program_with(&program, "", &generate, |_| {});
    assert_eq!(made.status, 0, "{made}");
    sandbox.git(&["config", "gpg.program", &program.display().to_string()]);
    sandbox.git(&["config", "commit.gpgSign", "true"]);
    sandbox.commit_file("src/a", "a", "Signed");
    fold(&sandbox, &[moving(TASK, DEV)]);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%G?"]), "G");
    assert_clean(&sandbox, "");
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
    sandbox.program_with("gpgconf", "", &["--homedir", &home.display().to_string(), "--kill", "all"], |_| {});
}
