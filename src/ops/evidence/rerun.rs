//! Commands run again for the gate: what a receipt says is not believed but tried.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{Ran, differing, named, run};
use crate::events::LongStep;
use crate::facts::RangeTask;
use crate::git::CommitId;
use crate::model::Config;
use crate::ops::gate::RunAgain;
use crate::ops::{Error, Result, Session};
use crate::policy::{EndedAgain, Rerun};

/// Runs the commands again that receipts of a range speak of, each once; the commands are those of the policy.
pub(in crate::ops) fn rerun(
    session: &Session<'_>,
    again: RunAgain,
    head: CommitId,
    config: &Config,
    tasks: &[RangeTask],
) -> Result<Rerun> {
    match again {
        RunAgain::No => return Ok(Rerun::Not),
        RunAgain::Later => return Ok(Rerun::Later),
        RunAgain::Now => {}
    }
    let of_receipts = tasks.iter().flat_map(|task| &task.receipts).map(|own| own.receipt.role.as_str());
    let roles: BTreeSet<&str> = of_receipts.collect();
    let step = session.begin(LongStep::RunCommands, None);
    let mut ended: BTreeMap<String, EndedAgain> = BTreeMap::new();
    let mut known: BTreeMap<&str, EndedAgain> = BTreeMap::new();
    for role in roles.into_iter().map(|role| config.role(role)).filter(|role| role.is_defined) {
        let Some(command) = role.rules.verify.as_deref() else { continue };
        if !known.contains_key(command) {
            let files = differing(session, head)?;
            if !files.is_empty() {
                let message = format!("the working tree is not what is judged: {}", named(&files));
                let hint = format!("git switch --detach {} in a clean working tree", head.short());
                return Err(Error::usage_with(message, hint));
            }
            let Ran { exit, is_whole, .. } = run(session, role, command, None)?;
            // What it judged is what the commit says only where it left that alone.
            let is_honest = is_whole && differing(session, head)?.is_empty();
            known.insert(command, is_honest.then_some(exit));
            step.advance(1);
        }
        ended.insert(role.name.to_owned(), known[command]);
    }
    Ok(Rerun::Done(ended))
}
