//! Findings: which of them keep a gate shut, and what a new one is called.

use sha2::{Digest, Sha256};

use crate::model::{Config, Finding, FindingId, FindingSeverity, id_letter};

const SHORTEST: usize = 4;
const LONGEST: usize = 26;

/// Returns the findings that keep a task in its stage, the worst first: open, and of a severity that blocks.
#[must_use]
pub fn blocking_findings<'f>(config: &Config, findings: &'f [Finding]) -> Vec<&'f Finding> {
    let threshold = config.policy.blocking_severity;
    let blocks = |finding: &&Finding| finding.state().is_open() && threshold.blocks(finding.severity.rank());
    let mut blocking: Vec<&Finding> = findings.iter().filter(blocks).collect();
    blocking
        .sort_by(|a, b| FindingSeverity::worst_first(&a.severity, &b.severity).then_with(|| a.id.cmp(&b.id)));
    blocking
}

/// Makes the id of a new finding from its content, so that two clones that write findings down at once make two
/// files, and the same finding of a tool is never written down twice. `is_taken` says whether another finding of
/// the task has an id.
///
/// What a tool found is identified by its file and fingerprint, else by rule, title and file; what a person found by its words,
/// author and time.
#[must_use]
pub fn finding_id(finding: &Finding, is_taken: impl Fn(&FindingId) -> bool) -> FindingId {
    let digest = Sha256::digest(finding_identity(finding).join("\u{1f}"));
    let text: String = digest.iter().take(LONGEST).map(|byte| id_letter(u32::from(*byte))).collect();
    let id = |length: usize| {
        FindingId::parse(&format!("F{}", &text[..length])).expect("`F` with letters of the alphabet is an id")
    };
    (SHORTEST..LONGEST).map(id).find(|id| !is_taken(id)).unwrap_or_else(|| id(LONGEST))
}

/// Returns what findings that are the same one have in common, and no others, to look many up at once.
#[must_use]
pub fn finding_identity(finding: &Finding) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let common = [finding.task.to_string(), finding.role.clone()];
    let own = match &finding.source {
        Some(source) if source.fingerprint.is_some() => {
            // Files of the same text give the same fingerprint.
            vec![source.tool.clone(), text(&source.rule), text(&source.fingerprint), text(&finding.file)]
        }
        Some(source) => {
            let title = finding.title.clone();
            vec![source.tool.clone(), text(&source.rule), String::new(), title, text(&finding.file)]
        }
        None => vec![
            finding.title.clone(),
            text(&finding.file),
            finding.line.unwrap_or_default().to_string(),
            finding.by.email.to_lowercase(),
            finding.at.to_rfc3339(),
        ],
    };
    common.into_iter().chain(own).collect()
}
