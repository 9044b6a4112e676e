//! `sync test`: whether a program does what synchronising relies on.

use schemars::JsonSchema;
use serde::Serialize;

use crate::env::Env;
use crate::ops::Error;
use crate::remote::ProgramRemote;
use crate::sync::{ConformanceCase, Remote, conformance};

/// What was played against a program.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConformanceView {
    /// How many cases were played.
    pub cases: usize,
    /// Those that fail.
    pub failed: Vec<ConformanceCase>,
}

/// Plays cases against a program. They create items there.
pub fn test_program(env: &Env, command: &str, project: &str, cases: usize) -> ConformanceView {
    let mut program = ProgramRemote::new("test", command, project, env.cwd());
    let key = format!("TEST-{}", env.nonce().to_ascii_uppercase());
    let remote: &mut dyn Remote<Error> = &mut program;
    let played = conformance(remote, &key, cases);
    let cases = played.len();
    ConformanceView { cases, failed: played.into_iter().filter(|case| case.problem.is_some()).collect() }
}
