//! Signatures by ssh keys, as git is configured.

use chrono::{TimeZone, Utc};
use tracker::git::{Repository, SignError, SignatureStatus};

use super::open;
use crate::support::Sandbox;

const VOTE: &[u8] = b"task: TASK-1\nverdict: approved\n";
const NAMESPACE: &str = "tracker-vote";

/// Makes a key in the home and returns its public half.
fn key(sandbox: &Sandbox, name: &str) -> String {
    let path = sandbox.root().join("home").join(name);
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path.display().to_string()];
    assert_eq!(sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
    std::fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

fn signing(sandbox: &Sandbox, key: &str) -> Repository {
    sandbox.git(&["config", "gpg.format", "ssh"]);
    sandbox.git(&["config", "user.signingKey", key]);
    open(sandbox)
}

#[test]
fn a_signature_is_judged_by_the_list_of_allowed_signers() {
    let sandbox = Sandbox::new();
    let (ada, eve) = (key(&sandbox, "ada key"), key(&sandbox, "eve"));
    let repository = signing(&sandbox, &sandbox.root().join("home/ada key").display().to_string());
    let signature = repository.sign(VOTE, NAMESPACE).unwrap();
    assert!(signature.starts_with("-----BEGIN SSH SIGNATURE-----\n"), "{signature}");
    let judge = |payload: &[u8], signature: &str, namespace: &str, allowed: &str| {
        repository.verify_signature(payload, signature, namespace, allowed, None).unwrap()
    };
    let valid = |principal: &str| SignatureStatus::Valid { principal: principal.to_owned() };
    let allowed = format!("eve@example.com {eve}\nada@example.com,ada@work.example {ada}\n");
    assert_eq!(judge(VOTE, &signature, NAMESPACE, &allowed), valid("ada@example.com"));
    let own_namespace = format!("ada@example.com namespaces=\"{NAMESPACE}\" {ada}\n");
    assert_eq!(judge(VOTE, &signature, NAMESPACE, &own_namespace), valid("ada@example.com"));

    let unknown =
        |verdict| matches!(verdict, SignatureStatus::UnknownKey { key } if key.starts_with("SHA256:"));
    assert!(unknown(judge(VOTE, &signature, NAMESPACE, &format!("eve@example.com {eve}\n"))));
    assert!(unknown(judge(VOTE, &signature, NAMESPACE, "")));
    let for_git = format!("ada@example.com namespaces=\"git\" {ada}\n");
    assert!(unknown(judge(VOTE, &signature, NAMESPACE, &for_git)));

    let invalid = |verdict| matches!(verdict, SignatureStatus::Invalid { .. });
    assert!(invalid(judge(b"verdict: rejected\n", &signature, NAMESPACE, &allowed)));
    assert!(invalid(judge(VOTE, &signature, "git", &allowed)));
    assert!(invalid(judge(VOTE, "nonsense", NAMESPACE, &allowed)));
    assert!(invalid(judge(VOTE, "", NAMESPACE, &allowed)));
    let in_git_dir = std::fs::read_dir(sandbox.path().join(".git")).unwrap().flatten();
    assert!(in_git_dir.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".tmp")));
}

#[test]
fn a_key_counts_while_it_is_allowed() {
    let sandbox = Sandbox::new();
    let ada = key(&sandbox, "ada");
    let repository = signing(&sandbox, &sandbox.root().join("home/ada").display().to_string());
    let signature = repository.sign(VOTE, NAMESPACE).unwrap();
    let allowed = format!("ada@example.com valid-before=\"20260101\" {ada}\n");
    let at = |year| {
        let time = Utc.with_ymd_and_hms(year, 6, 1, 0, 0, 0).unwrap();
        repository.verify_signature(VOTE, &signature, NAMESPACE, &allowed, Some(time)).unwrap()
    };
    assert!(matches!(at(2025), SignatureStatus::Valid { .. }));
    assert!(matches!(at(2026), SignatureStatus::UnknownKey { .. }));
}

#[test]
fn the_public_half_and_a_literal_key_need_the_agent() {
    let sandbox = Sandbox::new();
    let ada = key(&sandbox, "ada");
    let home = sandbox.root().join("home");
    let literal = format!("key::{ada}");
    let repository = signing(&sandbox, &literal);
    let error = repository.sign(VOTE, NAMESPACE).unwrap_err();
    assert!(matches!(error, SignError::Failed { .. }), "{error}");
    // The public half's name leads to the private one beside it.
    let repository = signing(&sandbox, &home.join("ada.pub").display().to_string());
    repository.sign(VOTE, NAMESPACE).unwrap();
    // `ssh-keygen` finds the agent by a variable, which the test's own process does not have.
    let script = format!(
        "#!/bin/sh\neval \"$(ssh-agent)\" >/dev/null\nssh-add -q '{0}/ada' 2>/dev/null\n\
         SSH_AUTH_SOCK=$SSH_AUTH_SOCK ssh-keygen \"$@\"\ncode=$?\nkill $SSH_AGENT_PID\nexit $code\n",
        home.display()
    );
    let program = home.join("keygen with agent");
    std::fs::write(&program, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    sandbox.git(&["config", "gpg.ssh.program", &program.display().to_string()]);
    for key in [literal, ada.clone()] {
        let signature = signing(&sandbox, &key).sign(VOTE, NAMESPACE).unwrap();
        let allowed = format!("ada@example.com {ada}\n");
        let verdict = open(&sandbox).verify_signature(VOTE, &signature, NAMESPACE, &allowed, None).unwrap();
        assert!(matches!(verdict, SignatureStatus::Valid { .. }));
    }
}

#[test]
fn missing_configuration_or_program_is_reported() {
    let sandbox = Sandbox::new();
    let error = open(&sandbox).sign(VOTE, NAMESPACE).unwrap_err();
    assert_eq!(error.to_string(), "git is configured to sign with `openpgp`, not with an ssh key");
    assert!(error.hint().unwrap().contains("gpg.format ssh"));
    sandbox.git(&["config", "gpg.format", "ssh"]);
    assert!(matches!(open(&sandbox).sign(VOTE, NAMESPACE), Err(SignError::NoKey)));
    sandbox.git(&["config", "gpg.ssh.defaultKeyCommand", "false"]);
    assert!(matches!(open(&sandbox).sign(VOTE, NAMESPACE), Err(SignError::NoKey)));
    sandbox.git(&["config", "gpg.ssh.program", "/nowhere/ssh-keygen"]);
    let repository = signing(&sandbox, "/nowhere/key");
    assert!(matches!(repository.sign(VOTE, NAMESPACE), Err(SignError::Missing { .. })));
    let verdict = repository.verify_signature(VOTE, "", NAMESPACE, "", None).unwrap();
    assert!(
        !matches!(verdict, SignatureStatus::Valid { .. }),
        "a repository chooses no program to verify with"
    );
}
