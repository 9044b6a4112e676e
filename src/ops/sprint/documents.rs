//! What a close writes: the sprint's own file, tasks that go on or are dropped, tasks for the postmortem's actions, and
//! the documents that the configuration names.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::actions::{ACTION_TAG, action_source, numbered_actions};
use super::branches::git;
use super::close::{Audited, CloseRequest};
use super::closing::{Closing, ClosingFile};
use super::plan::{edited, event, path_of};
use super::records::{carried_over, last_closed, scope_record};
use super::reports::{moment_text, one_changelog, report_of};
use crate::doc::{Edit, Value, append_event, create_scope_change, create_task, evidence_block, set_block};
use crate::facts::{inputs_digest, sprint_days};
use crate::metrics::{Calendar, FORMULAS, Numbers};
use crate::model::{
    CloseStep, Config, RecordKind, RecordPath, ScopeAction, ScopeEntry, ScopeRecord, SprintAction,
    SprintEvent, SprintEvidence, SprintId, SprintState, Suggestion, Task, TaskId,
};
use crate::ops::ids::IdMaker;
use crate::ops::report::own_templates;
use crate::ops::session::spliced;
use crate::ops::{Error, Result, Session};
use crate::report::closing::{ActionItem, ClosingFacts, block_of, history_line, put_line, put_sprint_block};
use crate::report::sprint::{document_names, documents};
use crate::report::{Context, OwnTemplates, Report, ReportFormat, ReportKind};
use crate::store::{Change, Snapshot, SprintFile};

/// Makes the plan of a close.
pub(super) struct Planner<'a, 'e> {
    session: &'a Session<'e>,
    request: &'a CloseRequest,
    config: Config,
    audited: Audited,
    last_evidence: Vec<SprintEvidence>,
    files: BTreeMap<String, ClosingFile>,
}

impl<'a, 'e> Planner<'a, 'e> {
    pub(super) fn new(session: &'a Session<'e>, request: &'a CloseRequest, audited: Audited) -> Result<Self> {
        let config = session.config()?;
        let last = last_closed(session, &audited.data.file.sprint.id)?;
        let last_evidence = last.map(|file| file.sprint.evidence).unwrap_or_default();
        Ok(Self { session, request, config, audited, last_evidence, files: BTreeMap::new() })
    }

    pub(super) fn plan(mut self) -> Result<(Closing, Audited)> {
        let id = self.audited.data.file.sprint.id.clone();
        let tag = self.tag(&id)?;
        let mut added = self.open_tasks()?;
        added.extend(self.action_tasks(&id)?);
        self.next_scope(added)?;
        self.sprint_file()?;
        self.documents(&id)?;
        let facts = self.facts_text();
        let facts = self.closing_facts(&facts);
        let summary = facts.summary();
        let title = facts.plain_title();
        let message = format!(
            "Close {id}: {summary}\n\nThe numbers are those of commit {}.\n",
            &self.audited.commit[..self.audited.commit.len().min(12)]
        );
        let own_message = self.request.tag_message.clone();
        let open = self.audited.postmortem.open_parts();
        let is_asked = self.config.sprints.steps.contains(&CloseStep::Postmortem);
        let closing = Closing {
            sprint: id.to_string(),
            tag_message: own_message.unwrap_or_else(|| format!("{title}\n\n{summary}")),
            summary,
            numbers_of: self.audited.commit.clone(),
            merged: self.audited.merged.clone(),
            parts_written: self.audited.postmortem.parts.len(),
            parts_open: open.iter().filter(|_| is_asked).map(|part| (*part).to_owned()).collect(),
            message,
            tag,
            files: self.files.into_values().collect(),
        };
        Ok((closing, self.audited))
    }

    fn facts_text(&self) -> FactsText {
        let data = &self.audited.data;
        let closed_at = moment_text(data.window.to, data.window.calendar.offset());
        FactsText { closed_at, carried: carried_over(&data.file, &self.audited.numbers) }
    }

    fn closing_facts<'f>(&'f self, text: &'f FactsText) -> ClosingFacts<'f> {
        let data = &self.audited.data;
        ClosingFacts {
            sprint: &data.file.sprint,
            days: sprint_days(&data.file, data.window.calendar.day_of(data.window.from)),
            closed: Some((&text.closed_at, &self.audited.commit)),
            numbers: &self.audited.numbers,
            items: &data.found.items,
            evidence: &self.audited.evidence,
            last_evidence: &self.last_evidence,
            carried: &text.carried,
            merged: &self.audited.merged,
        }
    }

    /// Adds a file, whatever is there now.
    fn put(&mut self, path: String, after: String) -> Result<()> {
        let before = match self.session.snapshot().read(&path)? {
            Some(bytes) => Some(String::from_utf8(bytes).map_err(|_| {
                Error::Broken(vec![crate::model::Problem::error("is not UTF-8 text").in_file(&path)])
            })?),
            None => None,
        };
        self.files.insert(path.clone(), ClosingFile { path, before, after });
        Ok(())
    }

    fn change(&mut self, change: Change) {
        let Change { path, before, after } = change;
        self.files.insert(path.clone(), ClosingFile { path, before, after });
    }

    fn tag(&self, id: &SprintId) -> Result<Option<String>> {
        if !self.config.sprints.steps.contains(&CloseStep::Tag) {
            return Ok(None);
        }
        let tag = self.request.tag.clone().unwrap_or_else(|| id.tag());
        let reference = format!("refs/tags/{tag}");
        if git(self.session, &["check-ref-format", &reference], "check the tag's name").is_err() {
            return Err(Error::usage(format!("`{}` is no name for a tag", tag.escape_debug())));
        }
        if git(self.session, &["rev-parse", "--verify", "--quiet", &reference], "look for the tag").is_ok() {
            let delete = Suggestion::git(["tag", "--delete", &tag]);
            let next = self.audited.data.file.sprint.next_tag();
            let hint = format!("choose another, such as --tag {next}, or run `{delete}`");
            return Err(Error::usage_with(format!("there is a tag {tag}"), hint));
        }
        Ok(Some(tag))
    }

    /// Moves open tasks on to the next sprint, or cancels them. Returns what comes into the next sprint.
    fn open_tasks(&mut self) -> Result<Vec<ScopeEntry>> {
        let Some(record) = self.audited.record.clone() else { return Ok(Vec::new()) };
        let mut added = Vec::new();
        for entry in &record.changes {
            let (file, task) = self.session.find(entry.task.as_str())?;
            let (key, value) = match (&entry.to, &entry.why) {
                (Some(to), _) => {
                    added.push(coming_in(&task.id, task.estimate));
                    ("sprint", to.to_string())
                }
                (None, why) => ("cancelled", why.clone().unwrap_or_default()),
            };
            let edit = Edit::Set { key: key.to_owned(), value: Value::Text(value) };
            let change = spliced(&file, &[edit])?;
            self.change(change);
        }
        let name = self.record_path(&record)?;
        self.files.insert(
            name.clone(),
            ClosingFile { path: name, before: None, after: create_scope_change(&record) },
        );
        Ok(added)
    }

    fn record_path(&self, record: &ScopeRecord) -> Result<String> {
        // The same name that any other change of this moment would get.
        Ok(scope_record(self.session, &record.sprint, record.changes.clone())?.path)
    }

    /// Makes a task of each action of the postmortem. Returns what comes into the next sprint.
    fn action_tasks(&mut self, id: &SprintId) -> Result<Vec<ScopeEntry>> {
        let actions = self.audited.postmortem.actions.clone();
        if actions.is_empty() || !self.config.sprints.steps.contains(&CloseStep::Actions) {
            return Ok(Vec::new());
        }
        let config = self.config.clone();
        let mut ids = IdMaker::new(self.session, &config)?;
        let next = self.audited.next.as_ref().map(|file| file.sprint.id.clone());
        // An earlier close of the sprint has made tasks of those that it had.
        let known = numbered_actions(self.session, id)?;
        let last = known.iter().map(|(number, _)| *number).max().unwrap_or_default();
        let is_known = |action: &ActionItem| {
            known.iter().any(|(_, view)| {
                view.title == action.title && view.kind.as_deref() == Some(action.kind.as_str())
            })
        };
        let mut added = Vec::new();
        let actions = actions.into_iter().filter(|action| !is_known(action));
        for (at, action) in actions.enumerate() {
            let task = Task {
                tags: vec![ACTION_TAG.to_owned(), action.kind],
                sprint: next.clone(),
                assignee: action.owner,
                source: Some(action_source(id, last + at + 1)),
                created: Some(self.session.env().today()),
                body: "\n".to_owned(),
                ..Task::new(ids.fresh()?, action.title)
            };
            if next.is_some() {
                added.push(coming_in(&task.id, None));
            }
            self.change(Change::create(RecordPath::task_file(&task.id), create_task(&task)));
        }
        Ok(added)
    }

    /// Records what comes into the next sprint where that has started.
    fn next_scope(&mut self, added: Vec<ScopeEntry>) -> Result<()> {
        let next = self.audited.next.as_ref().filter(|file| file.sprint.state() == SprintState::Active);
        let Some(next) = next.filter(|_| !added.is_empty()) else { return Ok(()) };
        let change = scope_record(self.session, &next.sprint.id, added)?;
        self.change(change);
        Ok(())
    }

    /// Freezes the numbers in the sprint's own file.
    fn sprint_file(&mut self) -> Result<()> {
        let data = &self.audited.data;
        let scope = data.scope.as_ref().expect("an active sprint has started");
        let allowed: Vec<&str> = self.request.allow.iter().map(|rule| rule.as_str()).collect();
        let event = SprintEvent {
            at: data.window.to,
            commit: Some(self.audited.commit.clone()),
            formulas: Some(FORMULAS),
            inputs: Some(inputs_digest(&data.found.items, scope, &data.window)),
            offset: Some(data.window.calendar.offset()),
            why: (!allowed.is_empty()).then(|| format!("allowed {}", allowed.join(", "))),
            ..event(self.session, SprintAction::Closed)?
        };
        let path = path_of(&data.file.sprint.id);
        let before = Some(data.file.text.clone());
        let mut text = edited(&data.file, &[append_event(&event)])?;
        if !self.request.makes_texts(self.session) {
            self.files.insert(path.clone(), ClosingFile { path, before, after: text });
            return Ok(());
        }
        let numbers =
            serde_json::to_value(&self.audited.numbers).expect("plain data with text keys is always JSON");
        for (key, value) in [("evidence", evidence_block(&self.audited.evidence)), ("numbers", numbers)] {
            text =
                set_block(&text, key, &value).map_err(|problem| super::plan::broken(&data.file, problem))?;
        }
        self.files.insert(path.clone(), ClosingFile { path, before, after: text });
        Ok(())
    }

    fn documents(&mut self, id: &SprintId) -> Result<()> {
        let text = self.facts_text();
        let steps = self.config.sprints.steps.clone();
        for step in steps {
            let facts = self.closing_facts(&text);
            let own = |name: &str| {
                let path = RecordPath::of_sprint(RecordKind::SprintDocument, id, name);
                path.expect("a literal name is a document's").to_string()
            };
            let files: Vec<(String, String)> = match step {
                CloseStep::Report => {
                    let files = self.report(&facts)?.into_iter();
                    files.map(|(name, text)| (own(&name), text)).collect()
                }
                CloseStep::Postmortem => {
                    let context = self.audited.postmortem.context(&facts);
                    vec![(own("POSTMORTEM.md"), self.rendered(ReportKind::Postmortem, &context)?)]
                }
                CloseStep::Changelog => {
                    let context = one_changelog(&facts);
                    vec![(own("CHANGELOG.md"), self.rendered(ReportKind::Changelog, &context)?)]
                }
                CloseStep::Cards => vec![(own("TASK_CARDS.md"), self.cards()?)],
                CloseStep::History => {
                    let path = self.config.sprints.history.clone();
                    let path = path.unwrap_or_else(|| RecordKind::SprintHistory.file().to_owned());
                    let line = history_line(&facts, &way_to(&path, id));
                    let before = self.text_of(&path)?;
                    vec![(path, put_line(before.as_deref(), id, &line))]
                }
                CloseStep::Documents => {
                    let next = self.audited.next.as_ref().map(|file| file.sprint.id.clone());
                    let block = block_of(&facts, next.as_ref());
                    let mut files = Vec::new();
                    for path in &self.config.sprints.documents {
                        let before = self.text_of(path)?;
                        files.push((path.clone(), put_sprint_block(before.as_deref(), &block)));
                    }
                    files
                }
                CloseStep::Actions | CloseStep::Tag => Vec::new(),
            };
            for (path, after) in files {
                self.put(path, after)?;
            }
        }
        Ok(())
    }

    /// Renders the report with its charts.
    fn report(&self, facts: &ClosingFacts<'_>) -> Result<Vec<(String, String)>> {
        let data = &self.audited.data;
        let scope = data.scope.as_ref().expect("an active sprint has started");
        let rubric = self.audited.rubric.as_ref();
        let report = report_of(facts, scope, data, self.config.project.as_deref(), rubric);
        let own = own_templates(self.session, Report::of(ReportKind::Sprint))?;
        if self.is_only_named(&own) {
            return Ok(document_names(&report).into_iter().map(|name| (name, String::new())).collect());
        }
        Ok(documents(&report, &own)?)
    }

    /// Whether a document need not be rendered to be shown. A team's own template is: it may be broken.
    fn is_only_named(&self, own: &OwnTemplates) -> bool {
        !self.request.makes_texts(self.session) && own.are_none()
    }

    /// Renders another report of the sprint as Markdown.
    fn rendered(&self, kind: ReportKind, context: &impl serde::Serialize) -> Result<String> {
        let report = Report::of(kind);
        let own = own_templates(self.session, report)?;
        Ok(report.render(ReportFormat::Markdown, &own, &Context::of(context))?)
    }

    fn text_of(&self, path: &str) -> Result<Option<String>> {
        let bytes = self.session.snapshot().read(path)?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Renders the cards of the tasks that were in the sprint to its end.
    fn cards(&self) -> Result<String> {
        if self.is_only_named(&own_templates(self.session, Report::of(ReportKind::Cards))?) {
            return Ok(String::new());
        }
        let data = &self.audited.data;
        let scope = crate::facts::scope_now(&data.file);
        // Nothing is planned where a record differs from the commit that the data are of.
        let own: Vec<_> =
            data.found.records.iter().filter(|records| scope.contains_key(&records.task.id)).collect();
        let day = data.window.calendar.day_of(data.window.to);
        crate::ops::report::cards_of(self.session, &self.config, &own, day)
    }
}

/// What the documents need beside the data itself.
struct FactsText {
    closed_at: String,
    carried: BTreeMap<TaskId, SprintId>,
}

fn coming_in(task: &TaskId, estimate: Option<crate::model::Minutes>) -> ScopeEntry {
    ScopeEntry { task: task.clone(), action: ScopeAction::Added, estimate, to: None, why: None }
}

/// What a closed sprint's file says of its close.
struct FrozenFacts<'f> {
    file: &'f SprintFile,
    numbers: Numbers,
    days: (NaiveDate, NaiveDate),
    carried: BTreeMap<TaskId, SprintId>,
}

impl<'f> FrozenFacts<'f> {
    fn of(file: &'f SprintFile) -> Option<Self> {
        let numbers = Numbers::read(file.sprint.numbers.as_ref()?).ok()?;
        let calendar = Calendar::at(file.sprint.closed()?.offset?);
        let days = sprint_days(file, calendar.day_of(file.sprint.started()?.at));
        let carried = carried_over(file, &numbers);
        Some(Self { file, numbers, days, carried })
    }

    fn closing(&self) -> ClosingFacts<'_> {
        ClosingFacts {
            sprint: &self.file.sprint,
            days: self.days,
            closed: None,
            numbers: &self.numbers,
            items: &[],
            evidence: &[],
            last_evidence: &[],
            carried: &self.carried,
            merged: &[],
        }
    }
}

/// Returns the files, of those that the configuration names, in which `head` has what `before` has and what the closes of
/// these sprints write there, computed again from the frozen numbers. One that cannot be read is none of them.
pub(in crate::ops) fn computed_documents(
    config: &Config,
    mut closed: Vec<SprintFile>,
    before: &Snapshot,
    head: &Snapshot,
) -> Result<BTreeSet<String>> {
    let text = |snapshot: &Snapshot, path: &str| match snapshot.read(path) {
        Ok(None) => Some(None),
        Ok(Some(bytes)) => Some(Some(String::from_utf8(bytes).ok()?)),
        Err(_) => None,
    };
    closed.sort_by_key(|file| file.sprint.closed().map(|event| event.at));
    let Some(frozen) = closed.iter().map(FrozenFacts::of).collect::<Option<Vec<_>>>() else {
        return Ok(BTreeSet::new());
    };
    let Some(last) = frozen.last() else { return Ok(BTreeSet::new()) };
    let mut computed = BTreeSet::new();
    let (settings, does) = (&config.sprints, |step| config.sprints.steps.contains(&step));
    for path in settings.history.iter().filter(|_| does(CloseStep::History)) {
        let (Some(mut expected), Some(Some(now))) = (text(before, path), text(head, path)) else { continue };
        for own in &frozen {
            let id = &own.file.sprint.id;
            let line = history_line(&own.closing(), &way_to(path, id));
            expected = Some(put_line(expected.as_deref(), id, &line));
        }
        computed.extend((expected == Some(now)).then(|| path.clone()));
    }
    // Which sprint was named as the next one is not noted down where nothing was carried over to it.
    let next = head.sprint_ids()?.into_iter().map(Some);
    let blocks: Vec<String> =
        [None].into_iter().chain(next).map(|next| block_of(&last.closing(), next.as_ref())).collect();
    for path in settings.documents.iter().filter(|_| does(CloseStep::Documents)) {
        let (Some(before), Some(Some(now))) = (text(before, path), text(head, path)) else { continue };
        let is_expected = |block: &String| put_sprint_block(before.as_deref(), block) == now;
        computed.extend(blocks.iter().any(is_expected).then(|| path.clone()));
    }
    Ok(computed)
}

/// Returns the way from a file to the folder of a sprint.
fn way_to(path: &str, id: &SprintId) -> String {
    let folder = RecordKind::Sprint.folder();
    match path.rsplit_once('/') {
        Some((own, _)) if own == folder => id.to_string(),
        Some((own, _)) => format!("{}{folder}/{id}", "../".repeat(own.split('/').count())),
        None => format!("{folder}/{id}"),
    }
}
