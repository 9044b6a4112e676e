//! One try of a worker to fix what its tools find, in its own working tree: detect, fix, and prove that the fix is one.
//!
//! Nothing is believed. What was fixed must be gone, nothing may be new, a second fix must change nothing, only files that are
//! allowed and claimed may differ, and what a person has reverted is not done again. A file of which one of these is not
//! so is put back as it was, and why is kept for whoever decides about it.

use std::collections::{BTreeMap, BTreeSet};

use super::added::AddedLines;
use super::desk::{Desk, DeskChange, LineMatch};
use super::history::{PastFix, past_fixes};
use super::reverts::PastFixes;
use super::spending::is_used_up;
use super::tool::{self, Answer, ToolEnv, ToolFailure, is_whole};
use super::work::{Halt, Halted, Worker};
use crate::git::TreeId;
use crate::model::{EscalationReason, FindingSeverity, ToolFinding, WorkerTool, is_selected};
use crate::ops::Session;

/// The rule of what a formatter would change.
const FORMAT_RULE: &str = "format";
/// The rule of a file that a formatter cannot read.
const UNREADABLE_RULE: &str = "unreadable";
/// Most fixes that an executor is given as examples, and their longest, in bytes.
const MOST_EXAMPLES: usize = 3;
const LONGEST_EXAMPLE: usize = 4_000;
/// How bad a rule of the repository's own is that does not say so: medium.
const RULE_RANK: u8 = 3;
/// A file that cannot be read is bad: as a high finding.
const UNREADABLE_RANK: u8 = 4;

/// Why something was not fixed, with what was printed.
pub(super) type Why = (EscalationReason, Option<String>);

/// A try.
pub(super) struct Fixing<'f> {
    pub(super) worker: &'f Worker,
    /// On the working tree of the worker.
    pub(super) session: &'f Session<'f>,
    pub(super) desk: &'f Desk,
    pub(super) env: &'f ToolEnv,
    /// The files that the worker may touch.
    pub(super) allowed: &'f BTreeSet<String>,
    /// The files in question.
    pub(super) looked: &'f BTreeSet<String>,
    /// The lines that were added since the worker looked last; none where all lines count.
    pub(super) added: Option<&'f AddedLines>,
    /// All files of the commit.
    pub(super) present: &'f BTreeSet<String>,
    /// The files that are claimed.
    pub(super) claimed: BTreeSet<String>,
    /// Why files were put back.
    pub(super) put_back: BTreeMap<String, Why>,
    /// Why a tool is not used any more.
    pub(super) dropped: BTreeMap<String, Why>,
    /// Files that a formatter cannot read, with what it printed.
    pub(super) unreadable: BTreeMap<(String, String), String>,
    /// How often it was tried.
    pub(super) attempts: u32,
}

/// What a try has come to.
pub(super) struct Fixed {
    /// The files that differ, all of them fixed.
    pub(super) changed: BTreeSet<String>,
    /// What is found now.
    pub(super) after: Vec<ToolFinding>,
}

type Counts<'c> = BTreeMap<(&'c str, &'c str, &'c str), usize>;

fn counts(findings: &[ToolFinding]) -> Counts<'_> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry((finding.file.as_str(), finding.tool.as_str(), finding.rule.as_str())).or_default() +=
            1;
    }
    counts
}

/// Returns what there is more of than before, as `FILE: RULE`, by file.
fn new_findings(before: &[ToolFinding], after: &[ToolFinding]) -> BTreeMap<String, Vec<String>> {
    let known = counts(before);
    let mut new: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((file, tool, rule), count) in counts(after) {
        if count > known.get(&(file, tool, rule)).copied().unwrap_or_default() {
            new.entry(file.to_owned()).or_default().push(format!("{file}: {rule} ({tool})"));
        }
    }
    new
}

/// Returns how many findings are gone, by rule and file.
pub(super) fn gone(before: &[ToolFinding], after: &[ToolFinding]) -> BTreeMap<(String, String), usize> {
    let left = counts(after);
    let mut gone = BTreeMap::new();
    for ((file, tool, rule), count) in counts(before) {
        let less = count.saturating_sub(left.get(&(file, tool, rule)).copied().unwrap_or_default());
        if less > 0 {
            *gone.entry((rule.to_owned(), file.to_owned())).or_default() += less;
        }
    }
    gone
}

impl<'f> Fixing<'f> {
    fn tools(&self) -> Vec<(&'f str, &'f WorkerTool)> {
        self.worker.kind.tools_in_order()
    }

    fn files_of<'s>(&self, (name, tool): (&str, &WorkerTool), among: &'s BTreeSet<String>) -> Vec<&'s str> {
        let is_for = |path: &&String| tool.paths.is_empty() || is_selected(&tool.paths, path);
        let is_readable = |path: &&String| !self.unreadable.contains_key(&(name.to_owned(), (*path).clone()));
        among.iter().filter(is_for).filter(is_readable).map(String::as_str).collect()
    }

    /// Runs all tools that report, and asks the formatters what they would change.
    pub(super) fn detect(&mut self) -> Halted<Vec<ToolFinding>> {
        let mut found = Vec::new();
        let before = self.desk.snapshot()?;
        for (name, tool) in self.tools() {
            let files = self.files_of((name, tool), self.looked);
            if files.is_empty() {
                continue;
            }
            let own = match tool.detect {
                Some(_) => tool::detect(self.desk, self.env, (name, tool), &files)?,
                None if tool.pattern.is_some() => self.matching((name, tool), &files)?,
                None => self.formatted((name, tool), &files)?,
            };
            let is_own = |finding: &ToolFinding| {
                finding.file.is_empty()
                    || self.looked.contains(&finding.file)
                    || is_whole(tool) && self.allowed.contains(&finding.file)
            };
            found.extend(own?.into_iter().map(|finding| self.placed(finding)).filter(is_own));
        }
        // What only looks should leave nothing.
        if self.desk.snapshot()? != before {
            self.desk.restore(before)?;
        }
        found.extend(self.unreadable.iter().map(|((tool, file), _)| unreadable(tool, file)));
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Returns the lines that match a rule: of those that were added, and of files in which it was escalated before.
    fn matching(&self, (id, rule): (&str, &WorkerTool), files: &[&str]) -> Answer<Vec<ToolFinding>> {
        let pattern = rule.pattern.as_deref().unwrap_or_default();
        let matches = match self.desk.matches(pattern, files)? {
            Ok(matches) => matches,
            Err(reason) => {
                let message = format!("{id}: its pattern cannot be read: {reason}");
                return Ok(Err(ToolFailure { message, log: String::new() }));
            }
        };
        let counts =
            |found: &LineMatch| self.added.is_none_or(|added| added.counts(id, &found.path, &found.text));
        let finding = |found: LineMatch| ToolFinding {
            file: found.path,
            tool: id.to_owned(),
            rule: id.to_owned(),
            line: Some(found.line),
            title: rule.title.clone().unwrap_or_else(|| format!("matches {pattern}")),
            rank: rule.severity.as_ref().map_or(RULE_RANK, FindingSeverity::rank),
        };
        Ok(Ok(matches.into_iter().filter(counts).map(finding).collect()))
    }

    /// Takes the place from a finding that names no file of the commit: it is not lost for that.
    fn placed(&self, finding: ToolFinding) -> ToolFinding {
        match self.present.contains(&finding.file) || finding.file.is_empty() {
            true => finding,
            false => {
                let title = format!("{}: {}", finding.file, finding.title);
                ToolFinding { file: String::new(), line: None, title, ..finding }
            }
        }
    }

    /// Returns what a formatter would change.
    fn formatted(&mut self, (name, tool): (&str, &WorkerTool), files: &[&str]) -> Answer<Vec<ToolFinding>> {
        let mut waiting = vec![files.to_vec()];
        let (mut found, mut unread, mut is_any_read) = (Vec::new(), Vec::new(), false);
        while let Some(files) = waiting.pop() {
            let before = self.desk.snapshot()?;
            let done = tool::fix(self.desk, self.env, (name, tool), &files);
            let after = self.desk.snapshot()?;
            let changes = self.desk.changes(before, after)?;
            if before != after {
                self.desk.restore(before)?;
            }
            match done {
                Ok(()) => {
                    is_any_read = true;
                    let own = changes.into_iter().filter(|change| files.contains(&change.path.as_str()));
                    found.extend(own.map(|change| not_formatted(name, change.path)));
                }
                Err(failure) => match files.as_slice() {
                    [file] => unread.push(((*file).to_owned(), failure)),
                    files => {
                        let (one, other) = files.split_at(files.len() / 2);
                        waiting.extend([other.to_vec(), one.to_vec()]);
                        // A tool that is not there reads none of them.
                        if failure.message.contains("not installed") {
                            return Ok(Err(failure));
                        }
                    }
                },
            }
        }
        // One that reads nothing at all is broken itself.
        match unread.first() {
            Some((_, failure)) if !is_any_read => return Ok(Err(failure.clone())),
            _ => {}
        }
        for (file, failure) in unread {
            self.unreadable.insert((name.to_owned(), file), format!("{}\n{}", failure.message, failure.log));
        }
        Ok(Ok(found))
    }

    /// Fixes what can be, and puts back what is no fix.
    pub(super) fn fix(&mut self, before: &[ToolFinding]) -> Halted<Fixed> {
        let mut last = self.desk.head_tree()?;
        let mut unstable = BTreeSet::new();
        for pass in 0..=self.worker.kind.most_attempts() {
            self.pass()?;
            let now = self.desk.snapshot()?;
            unstable = self.desk.changes(last, now)?.into_iter().map(|change| change.path).collect();
            if unstable.is_empty() {
                break;
            }
            self.attempts = self.attempts.max(pass + 1).min(self.worker.kind.most_attempts());
            last = now;
        }
        self.undo(&unstable, &(EscalationReason::Unstable, None))?;
        self.execute()?;
        self.undo_again()?;
        let after = self.prove(before)?;
        let after = self.verify(after)?;
        Ok(Fixed { changed: self.changed()?, after })
    }

    /// Lets each tool fix once. What is not allowed to change is put back at once.
    fn pass(&mut self) -> Halted<()> {
        for (name, tool) in self.tools() {
            let files = self.files_of((name, tool), &self.claimed);
            let is_for_people = tool.architectural.iter().any(|rule| rule == name);
            if tool.fix.is_none() || files.is_empty() || self.dropped.contains_key(name) || is_for_people {
                continue;
            }
            let before = self.desk.snapshot()?;
            tool::fix(self.desk, self.env, (name, tool), &files)?;
            self.keep_within(name, before)?;
        }
        Ok(())
    }

    /// Puts back what a tool must not touch: all that it did where that is more than files which it may edit.
    fn keep_within(&mut self, name: &str, before: TreeId) -> Halted<bool> {
        let after = self.desk.snapshot()?;
        let changes = self.desk.changes(before, after)?;
        let is_outside = |change: &&DeskChange| !change.is_edit || !self.allowed.contains(&change.path);
        let outside: Vec<&str> =
            changes.iter().filter(is_outside).map(|change| change.path.as_str()).collect();
        if !outside.is_empty() {
            let details = format!("{name} changed {}", outside.join(", "));
            self.desk.restore(before)?;
            self.dropped.insert(name.to_owned(), (EscalationReason::OutsidePaths, Some(details)));
            return Ok(false);
        }
        let unclaimed = changes.into_iter().map(|change| change.path);
        let unclaimed: BTreeSet<String> = unclaimed.filter(|path| !self.claimed.contains(path)).collect();
        self.desk.restore_files(&unclaimed)?;
        Ok(true)
    }

    /// Lets the executor fix what the tools have left.
    fn execute(&mut self) -> Halted<()> {
        let Some((name, executor)) = &self.worker.executor else { return Ok(()) };
        for attempt in 1..=self.worker.kind.most_attempts() {
            let left = self.detect()?;
            let left: Vec<&ToolFinding> = left
                .iter()
                .filter(|finding| self.claimed.contains(&finding.file) && !self.is_for_people(finding))
                .collect();
            if left.is_empty() {
                break;
            }
            let (folder, now) = (self.env.folder(), self.session.env().now());
            if is_used_up(folder, self.worker.kind.budget.as_ref(), now) {
                self.dropped.insert(name.clone(), (EscalationReason::Budget, None));
                break;
            }
            self.attempts = attempt;
            let before = self.desk.snapshot()?;
            let rules: BTreeSet<&str> = left.iter().map(|finding| finding.rule.as_str()).collect();
            let examples = self.examples(&rules)?;
            let brief = self.worker.brief(&left, &examples);
            let command = (name.as_str(), executor.command.as_slice());
            let done = tool::execute(self.desk, self.env, command, executor.timeout, &brief);
            if let Err(ToolFailure { message, log }) = done {
                self.desk.snapshot()?;
                self.desk.restore(before)?;
                self.dropped
                    .insert(name.clone(), (EscalationReason::ToolFailed, Some(format!("{message}\n{log}"))));
                continue;
            }
            if !self.keep_within(name, before)? {
                break;
            }
            self.pass()?;
        }
        Ok(())
    }

    /// Returns the last fixes of rules that nobody has reverted.
    fn examples(&self, rules: &BTreeSet<&str>) -> Halted<Vec<PastFix>> {
        let is_rule = |rule: &str| rules.contains(rule);
        let fixes =
            past_fixes(self.session, &self.desk.head()?.to_string(), &is_rule, &|_| true, MOST_EXAMPLES * 4)?;
        let accepted =
            fixes.into_iter().filter(|fix| fix.reverted_by.is_none() && fix.diff.len() <= LONGEST_EXAMPLE);
        Ok(accepted.take(MOST_EXAMPLES).collect())
    }

    /// Whether people decide about the rule of a finding.
    pub(super) fn is_for_people(&self, finding: &ToolFinding) -> bool {
        let tool = self.worker.kind.tool(&finding.tool);
        tool.is_some_and(|tool| tool.architectural.contains(&finding.rule))
    }

    fn changed(&self) -> Halted<BTreeSet<String>> {
        let changes = self.desk.changes(self.desk.head_tree()?, self.desk.snapshot()?)?;
        Ok(changes.into_iter().map(|change| change.path).collect())
    }

    fn undo(&mut self, paths: &BTreeSet<String>, why: &Why) -> Halted<()> {
        if paths.is_empty() {
            return Ok(());
        }
        self.desk.snapshot()?;
        self.desk.restore_files(paths)?;
        for path in paths {
            self.put_back.entry(path.clone()).or_insert_with(|| why.clone());
        }
        Ok(())
    }

    /// Puts back what a person has reverted before, and what workers change again and again.
    fn undo_again(&mut self) -> Halted<()> {
        let changed = self.changed()?;
        if changed.is_empty() {
            return Ok(());
        }
        let past = PastFixes::read(self.desk, &changed)?;
        let diff = self.desk.diff(&["diff", "HEAD"], &changed)?;
        for (path, by) in past.done_again(&diff) {
            let details = format!("reverted by {by}");
            self.undo(&BTreeSet::from([path]), &(EscalationReason::Reverted, Some(details)))?;
        }
        let repeated: BTreeSet<String> = past.repeated(&changed).cloned().collect();
        self.undo(&repeated, &(EscalationReason::Repeated, None))
    }

    /// Puts back files until nothing is new, and each that is left has lost a finding.
    fn prove(&mut self, before: &[ToolFinding]) -> Halted<Vec<ToolFinding>> {
        loop {
            let changed = self.changed()?;
            if changed.is_empty() {
                return self.detect();
            }
            let after = match self.detect() {
                Ok(after) => after,
                Err(Halt::Tool(ToolFailure { message, log })) => {
                    self.undo(&changed, &(EscalationReason::ToolFailed, Some(format!("{message}\n{log}"))))?;
                    continue;
                }
                Err(halt) => return Err(halt),
            };
            let new = new_findings(before, &after);
            let own: BTreeSet<String> = new.keys().filter(|file| changed.contains(*file)).cloned().collect();
            // Something new in a file that was not changed is of the change of another.
            let bad = if own.is_empty() && !new.is_empty() { changed.clone() } else { own };
            if !bad.is_empty() {
                let details = new.into_values().flatten().collect::<Vec<_>>().join("\n");
                self.undo(&bad, &(EscalationReason::NewFindings, Some(details)))?;
                continue;
            }
            let decided = self.decided(before, &after, &changed);
            if !decided.is_empty() {
                self.undo(&decided, &(EscalationReason::Architectural, None))?;
                continue;
            }
            let gone = gone(before, &after);
            let helped: BTreeSet<&String> = gone.keys().map(|(_, file)| file).collect();
            let idle: BTreeSet<String> = changed.into_iter().filter(|path| !helped.contains(path)).collect();
            if idle.is_empty() || self.worker.executor.is_some() {
                return Ok(after);
            }
            self.undo(&idle, &(EscalationReason::NotFixed, None))?;
        }
    }

    /// Returns the changed files in which something is gone that people decide about.
    fn decided(
        &self,
        before: &[ToolFinding],
        after: &[ToolFinding],
        changed: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let of_people = |findings: &[ToolFinding]| -> Vec<ToolFinding> {
            findings.iter().filter(|finding| self.is_for_people(finding)).cloned().collect()
        };
        let gone = gone(&of_people(before), &of_people(after)).into_keys();
        gone.map(|(_, file)| file).filter(|file| changed.contains(file)).collect()
    }

    /// Puts everything back where the command that verifies fails.
    fn verify(&mut self, after: Vec<ToolFinding>) -> Halted<Vec<ToolFinding>> {
        let Some(line) = &self.worker.kind.verify else { return Ok(after) };
        let changed = self.changed()?;
        if changed.is_empty() {
            return Ok(after);
        }
        let Err(ToolFailure { message, log }) = self.check(line)? else { return Ok(after) };
        self.undo(&changed, &(EscalationReason::VerifyFailed, None))?;
        let too = if self.check(line)?.is_err() { "it fails without the fix too\n" } else { "" };
        let why = (EscalationReason::VerifyFailed, Some(format!("{too}{message}\n{log}")));
        for path in &changed {
            self.put_back.insert(path.clone(), why.clone());
        }
        self.detect()
    }

    fn check(&self, line: &str) -> Halted<std::result::Result<(), ToolFailure>> {
        let before = self.desk.snapshot()?;
        let checked = tool::check(self.desk, self.env, line);
        if self.desk.snapshot()? != before {
            self.desk.restore(before)?;
        }
        Ok(checked)
    }

    /// Says why something is left.
    pub(super) fn why(&self, finding: &ToolFinding) -> Why {
        if let Some(log) = self.unreadable.get(&(finding.tool.clone(), finding.file.clone()))
            && finding.rule == UNREADABLE_RULE
        {
            return (EscalationReason::ToolFailed, Some(log.clone()));
        }
        if self.is_for_people(finding) {
            return (EscalationReason::Architectural, None);
        }
        let executor = self.worker.executor.as_ref().map(|(name, _)| name);
        let dropped = self.dropped.get(&finding.tool).or_else(|| self.dropped.get(executor?));
        if let Some(why) = self.put_back.get(&finding.file).or(dropped) {
            return why.clone();
        }
        let has_fix = self.worker.kind.tool(&finding.tool).is_some_and(|tool| tool.fix.is_some());
        let reason =
            if has_fix || executor.is_some() { EscalationReason::NotFixed } else { EscalationReason::NoFix };
        (reason, None)
    }
}

fn not_formatted(tool: &str, file: String) -> ToolFinding {
    let (tool, rule, title) = (tool.to_owned(), FORMAT_RULE.to_owned(), "not formatted".to_owned());
    ToolFinding { file, tool, rule, line: None, title, rank: 1 }
}

fn unreadable(tool: &str, file: &str) -> ToolFinding {
    ToolFinding {
        file: file.to_owned(),
        tool: tool.to_owned(),
        rule: UNREADABLE_RULE.to_owned(),
        line: None,
        title: "the tool cannot read the file".to_owned(),
        rank: UNREADABLE_RANK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(file: &str, rule: &str, line: u32) -> ToolFinding {
        let text = str::to_owned;
        ToolFinding {
            file: text(file),
            tool: text("t"),
            rule: text(rule),
            line: Some(line),
            title: text("x"),
            rank: 2,
        }
    }

    #[test]
    fn what_is_new_is_counted_by_rule_and_file_and_not_by_line() {
        let before = [finding("a", "X", 1), finding("a", "X", 9), finding("a", "Y", 2)];
        let after = [finding("a", "X", 7), finding("b", "X", 7)];
        assert_eq!(new_findings(&before, &after).into_keys().collect::<Vec<_>>(), ["b"]);
        let gone = gone(&before, &after);
        let key = |rule: &str| (rule.to_owned(), "a".to_owned());
        assert_eq!((gone[&key("X")], gone[&key("Y")], gone.len()), (1, 1, 2));
    }
}
