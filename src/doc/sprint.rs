//! A sprint's files: `sprint.yaml`, which is edited by splicing, and changes of its scope, which are written once.
//!
//! What is frozen (the committed tasks, evidence, numbers) is a block of its own that is put below everything else,
//! under the same proof as every edit: the rest of the text means what it did.

use chrono::{FixedOffset, NaiveDate};
use serde_json::Value;

use super::printable::printable;
use super::source::Kind;
use super::task::{Entry, EntryKind, Fields, Writer, entries, moment, moment_text, unknown_but};
use super::words::{hex, task_id};
use super::yaml::scalar::{self, ScalarContext};
use super::yaml::{self, Node};
use super::{Document, Edit, Scalar, lines};
use crate::model::{
    CommittedTask, EvidenceCounts, Minutes, Problem, ScopeAction, ScopeEntry, ScopeRecord, Severity, Sprint,
    SprintAction, SprintEvent, SprintEvidence, SprintId,
};

/// The keys of a sprint in canonical order.
const KEYS: [&str; 13] = [
    "id",
    "title",
    "goal",
    "starts",
    "ends",
    "capacity",
    "blackout",
    "phase",
    "created",
    "history",
    "committed",
    "evidence",
    "numbers",
];

const HISTORY: EntryKind = EntryKind {
    list: "history",
    one: "entry",
    plural: "entries",
    example: "{at: …, by: …, action: started}",
};

const COMMITTED: EntryKind =
    EntryKind { list: "committed", one: "task", plural: "tasks", example: "{task: TASK-7Q2M, estimate: 2h}" };

const EVIDENCE: EntryKind = EntryKind {
    list: "evidence",
    one: "evidence",
    plural: "evidence",
    example: "{kind: tests, files: [junit.xml], digest: …, commit: …, total: 12, failed: 0, skipped: 1}",
};

const CHANGES: EntryKind = EntryKind {
    list: "changes",
    one: "change",
    plural: "changes",
    example: "{task: TASK-7Q2M, change: added}",
};

/// The keys of a change of scope in canonical order.
const SCOPE_KEYS: [&str; 5] = ["sprint", "at", "by", "agent", "changes"];

/// Reads the sprint that lies in the folder of this name.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key.
pub fn read_sprint(folder: &SprintId, bytes: &[u8]) -> Result<Sprint, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Yaml)?;
    let mut fields = Fields::new(&document, problems);
    fields.require_all("sprint", &[("id", folder.as_str())]);
    let id = fields.parsed("id", |text| same_sprint(text, folder, "sprint.yaml"));
    let text = |fields: &mut Fields<'_>, key: &str| fields.text(key).map(str::to_owned);
    let mut sprint = Sprint::new(folder.clone());
    sprint.title = text(&mut fields, "title");
    sprint.goal = text(&mut fields, "goal");
    sprint.starts = fields.parsed("starts", day);
    sprint.ends = fields.parsed("ends", day);
    if let (Some(starts), Some(ends)) = (sprint.starts, sprint.ends)
        && ends < starts
    {
        fields.report("ends", Problem::error(format!("ends on {ends}, before it starts on {starts}")));
    }
    sprint.capacity = fields.parsed("capacity", minutes);
    for (index, text) in fields.list("blackout") {
        match day(text) {
            Ok(day) => sprint.blackout.push(day),
            Err(problem) => fields.report_item("blackout", index, problem),
        }
    }
    sprint.phase = text(&mut fields, "phase");
    sprint.created = fields.parsed("created", day);
    sprint.history = entries(&mut fields, HISTORY).iter().filter_map(|e| event(e, &mut fields)).collect();
    sprint.committed =
        entries(&mut fields, COMMITTED).iter().filter_map(|e| committed(e, &mut fields)).collect();
    sprint.evidence =
        entries(&mut fields, EVIDENCE).iter().filter_map(|e| evidence(e, &mut fields)).collect();
    sprint.numbers = match fields.value("numbers") {
        None => None,
        Some(node @ Node::Map(_)) => Some(to_json(node)),
        Some(other) => {
            fields.report("numbers", super::task::expected("the figures as `name: …`", other));
            None
        }
    };
    sprint.unknown = unknown_but(&document, |key| KEYS.contains(&key));
    let warnings = fields.into_problems();
    if id.is_none() || warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(warnings);
    }
    Ok(Sprint { warnings, ..sprint })
}

fn same_sprint(text: &str, folder: &SprintId, what: &str) -> Result<SprintId, Problem> {
    match SprintId::parse(text) {
        Ok(id) if id == *folder => Ok(id),
        Ok(id) => {
            let message = format!("{what} is that of `{id}` and lies in the folder of {folder}");
            Err(Problem::error(message).with_hint("move it back, or correct the name in it"))
        }
        Err(error) => Err(Problem::error(error.to_string())),
    }
}

fn day(text: &str) -> Result<NaiveDate, Problem> {
    text.parse().map_err(|_| {
        Problem::error(format!("`{}` is no day", printable(text)))
            .with_hint("write a day such as `2026-11-11`")
    })
}

fn minutes(text: &str) -> Result<Minutes, Problem> {
    Minutes::parse(text).ok_or_else(|| {
        let problem = Problem::error(format!("`{}` is no length of time", printable(text)));
        problem.with_hint("write a length such as `45m`, `2h` or `3d` (a day is 8 hours)")
    })
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::error(format!("`{}` is no count", printable(text))))
}

fn offset(text: &str) -> Result<FixedOffset, Problem> {
    text.parse().map_err(|_| {
        let problem = Problem::error(format!("`{}` is no offset from UTC", printable(text)));
        problem.with_hint("write an offset such as `+01:00`")
    })
}

fn word(text: &str) -> Result<String, Problem> {
    Ok(text.to_owned())
}

fn event(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<SprintEvent> {
    let at = entry.moment(fields, "at");
    let by = entry.required(fields, "by", word);
    let action = entry.required(fields, "action", |text| {
        SprintAction::parse(text).ok_or_else(|| {
            let known: Vec<&str> = SprintAction::ALL.into_iter().map(SprintAction::as_str).collect();
            let problem = Problem::error(format!("unknown action `{}`", printable(text)));
            problem.with_hint(format!("expected {}", known.join(", ")))
        })
    });
    let commit = entry.optional(fields, "commit", |text| hex(text, &[40, 64]));
    let formulas = entry.optional(fields, "formulas", number);
    let inputs = entry.optional(fields, "inputs", word);
    let offset = entry.optional(fields, "offset", offset);
    let text = |field: &str| entry.value(field).and_then(Node::as_text).map(str::to_owned);
    let (agent, why) = (text("agent"), text("why"));
    Some(SprintEvent { at: at?, by: by?, agent, action: action?, commit, formulas, inputs, offset, why })
}

fn committed(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<CommittedTask> {
    let task = entry.required(fields, "task", task_id);
    let estimate = entry.optional(fields, "estimate", minutes);
    Some(CommittedTask { task: task?, estimate })
}

fn evidence(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<SprintEvidence> {
    let kind = entry.required(fields, "kind", word)?;
    let count = |fields: &mut Fields<'_>, field: &str| entry.required(fields, field, number);
    let counts = match kind.as_str() {
        "tests" => {
            let (total, failed) = (count(fields, "total"), count(fields, "failed"));
            EvidenceCounts::Tests { total: total?, failed: failed?, skipped: count(fields, "skipped")? }
        }
        "coverage" => {
            let lines = count(fields, "lines");
            EvidenceCounts::Coverage { lines: lines?, covered: count(fields, "covered")? }
        }
        other => {
            let problem = Problem::error(format!("unknown kind of evidence `{}`", printable(other)));
            entry.report(fields, "kind", problem.with_hint("expected tests or coverage"));
            return None;
        }
    };
    let digest = entry.required(fields, "digest", |text| hex(text, &[64]));
    let commit = entry.required(fields, "commit", |text| hex(text, &[40, 64]));
    let files = match entry.value("files") {
        Some(Node::List(files)) => files.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Some(SprintEvidence { counts, files, digest: digest?, commit: commit? })
}

/// Reads a change of scope that lies in the folder of a sprint.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key.
pub fn read_scope_change(folder: &SprintId, bytes: &[u8]) -> Result<ScopeRecord, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Yaml)?;
    let mut fields = Fields::new(&document, problems);
    let required =
        [("sprint", folder.as_str()), ("at", "2026-11-11T15:30:00Z"), ("by", "ada"), ("changes", "[…]")];
    for (key, example) in required {
        let hint = format!("add a line such as `{key}: {example}`");
        let is_list = key == "changes" && fields.value(key).is_some();
        if !is_list {
            fields.require(key, &format!("the change of scope has no `{key}`"), &hint);
        }
    }
    let sprint = fields.parsed("sprint", |text| same_sprint(text, folder, "the change"));
    let (at, by) = (fields.parsed("at", moment), fields.text("by").map(str::to_owned));
    let agent = fields.text("agent").map(str::to_owned);
    let changes = entries(&mut fields, CHANGES).iter().filter_map(|e| scope_entry(e, &mut fields)).collect();
    let unknown = unknown_but(&document, |key| SCOPE_KEYS.contains(&key));
    let warnings = fields.into_problems();
    let (Some(sprint), Some(at), Some(by)) = (sprint, at, by) else { return Err(warnings) };
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(warnings);
    }
    Ok(ScopeRecord { sprint, at, by, agent, changes, unknown, warnings })
}

fn scope_entry(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<ScopeEntry> {
    let task = entry.required(fields, "task", task_id);
    let action = entry.required(fields, "change", |text| {
        ScopeAction::parse(text).ok_or_else(|| {
            let known: Vec<&str> = ScopeAction::ALL.iter().map(ScopeAction::as_str).collect();
            let problem = Problem::error(format!("unknown change `{}`", printable(text)));
            problem.with_hint(format!("expected {}", known.join(", ")))
        })
    });
    let estimate = entry.optional(fields, "estimate", minutes);
    let to = entry.optional(fields, "to", |text| {
        SprintId::parse(text).map_err(|error| Problem::error(error.to_string()))
    });
    let why = entry.value("why").and_then(Node::as_text).map(str::to_owned);
    Some(ScopeEntry { task: task?, action: action?, estimate, to, why })
}

/// Writes a new sprint: keys in canonical order, absent ones left out.
#[must_use]
pub fn create_sprint(sprint: &Sprint) -> String {
    let mut out = Writer::default();
    out.plain("id", sprint.id.as_str());
    out.text("title", sprint.title.as_deref());
    out.long("goal", sprint.goal.as_deref());
    let mut plain = |key: &str, value: Option<String>| value.inspect(|value| out.plain(key, value)).is_some();
    plain("starts", sprint.starts.map(|day| day.to_string()));
    plain("ends", sprint.ends.map(|day| day.to_string()));
    plain("capacity", sprint.capacity.map(|capacity| capacity.to_string()));
    let blackout: Vec<String> = sprint.blackout.iter().map(ToString::to_string).collect();
    out.list("blackout", blackout.iter().map(String::as_str));
    out.text("phase", sprint.phase.as_deref());
    sprint.created.inspect(|day| out.plain("created", &day.to_string()));
    for (key, value) in sprint.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    let written = |(key, value): (&'static str, Scalar)| (key, value.write(ScalarContext::Flow).text);
    out.mappings("history", sprint.history.iter().map(|e| event_pairs(e).into_iter().map(written).collect()));
    let mut text = out.finish_yaml();
    let blocks = [
        ("committed", committed_block(&sprint.committed)),
        ("evidence", evidence_block(&sprint.evidence)),
        ("numbers", sprint.numbers.clone().unwrap_or_default()),
    ];
    for (key, value) in blocks.iter().filter(|(_, value)| !is_empty(value)) {
        text.push_str(&block(key, value));
    }
    text
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn event_pairs(event: &SprintEvent) -> Vec<(&'static str, Scalar)> {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let mut pairs = vec![("at", Scalar::Plain(moment_text(event.at))), ("by", text(&event.by))];
    pairs.extend(event.agent.as_deref().map(|agent| ("agent", text(agent))));
    pairs.push(("action", text(event.action.as_str())));
    pairs.extend(event.commit.as_deref().map(|commit| ("commit", text(commit))));
    pairs.extend(event.formulas.map(|version| ("formulas", Scalar::Integer(i64::from(version)))));
    pairs.extend(event.inputs.as_deref().map(|digest| ("inputs", text(digest))));
    pairs.extend(event.offset.map(|offset| ("offset", text(&offset.to_string()))));
    pairs.extend(event.why.as_deref().map(|why| ("why", text(why))));
    pairs
}

/// Returns the edit that appends to a sprint's history.
#[must_use]
pub fn append_event(event: &SprintEvent) -> Edit {
    let entry = event_pairs(event).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Edit::Append { key: HISTORY.list.to_owned(), entry }
}

/// Returns the committed tasks as a value of the file.
#[must_use]
pub fn committed_block(tasks: &[CommittedTask]) -> Value {
    let one = |task: &CommittedTask| {
        let mut map = serde_json::Map::new();
        map.insert("task".to_owned(), task.task.as_str().into());
        if let Some(estimate) = task.estimate {
            map.insert("estimate".to_owned(), estimate.to_string().into());
        }
        Value::Object(map)
    };
    Value::Array(tasks.iter().map(one).collect())
}

/// Returns the evidence as a value of the file.
#[must_use]
pub fn evidence_block(evidence: &[SprintEvidence]) -> Value {
    let one = |evidence: &SprintEvidence| {
        let counts: &[(&str, u64)] = match &evidence.counts {
            EvidenceCounts::Tests { total, failed, skipped } => {
                &[("total", *total), ("failed", *failed), ("skipped", *skipped)]
            }
            EvidenceCounts::Coverage { lines, covered } => &[("lines", *lines), ("covered", *covered)],
        };
        let mut map = serde_json::Map::new();
        map.insert("kind".to_owned(), evidence.counts.kind().into());
        map.extend(counts.iter().map(|(key, count)| ((*key).to_owned(), Value::from(*count))));
        map.insert("files".to_owned(), evidence.files.clone().into());
        map.insert("digest".to_owned(), evidence.digest.clone().into());
        map.insert("commit".to_owned(), evidence.commit.clone().into());
        Value::Object(map)
    };
    Value::Array(evidence.iter().map(one).collect())
}

/// Writes a new change of scope: the same bytes for the same change.
#[must_use]
pub fn create_scope_change(change: &ScopeRecord) -> String {
    let mut out = Writer::default();
    out.plain("sprint", change.sprint.as_str());
    out.plain("at", &moment_text(change.at));
    out.text("by", Some(&change.by));
    out.text("agent", change.agent.as_deref());
    for (key, value) in change.unknown.iter().filter(|(key, _)| !SCOPE_KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    let text = |text: &str| scalar::text(text, ScalarContext::Flow);
    let pairs = |entry: &ScopeEntry| {
        let mut pairs = vec![("task", text(entry.task.as_str())), ("change", text(entry.action.as_str()))];
        pairs.extend(entry.estimate.map(|estimate| ("estimate", text(&estimate.to_string()))));
        pairs.extend(entry.to.as_ref().map(|to| ("to", text(to.as_str()))));
        pairs.extend(entry.why.as_deref().map(|why| ("why", text(why))));
        pairs
    };
    out.mappings("changes", change.changes.iter().map(pairs));
    out.finish_yaml()
}

/// Returns a YAML document with a key of this value as its last one: whatever was under the key is gone, every other
/// byte is as it was. An empty value removes the key.
///
/// # Errors
/// A problem where the rest would not say what it says now.
pub fn set_block(text: &str, key: &str, value: &Value) -> Result<String, Problem> {
    let cannot = || {
        Problem::error(format!("`{key}` cannot be written without changing what is around it"))
            .on_key(key)
            .with_hint("write every key at the beginning of a line of its own, then try again")
    };
    let document = Document::yaml(text.as_bytes()).map_err(|_| cannot())?;
    let without = document.edit(&[Edit::Remove { key: key.to_owned() }])?;
    let mut intended: Vec<(Node, Node)> = document.root().to_vec();
    intended.retain(|(name, _)| name.as_text() != Some(key));
    if is_empty(value) {
        return Ok(without);
    }
    let ending = lines::ending_near(&without, without.len());
    let gap = if without.is_empty() || without.ends_with('\n') { "" } else { ending };
    let added = format!("{without}{gap}{}", lines::with_endings(&block(key, value), ending));
    let read = Document::yaml(added.as_bytes()).map_err(|_| cannot())?;
    let own = read.value(key).map(to_json);
    let is_same = read.root().len() == intended.len() + 1 && read.root().starts_with(&intended);
    if is_same && own.as_ref() == Some(value) { Ok(added) } else { Err(cannot()) }
}

/// Writes a key and a value that may be nested: mappings as blocks, lists of scalars and mappings of a list on a line.
fn block(key: &str, value: &Value) -> String {
    let mut out = String::new();
    push_block(key, value, 0, &mut out);
    out
}

fn push_block(key: &str, value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let name = scalar::text(key, ScalarContext::Block);
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push_str(&format!("{pad}{name}:\n"));
            map.iter().for_each(|(key, value)| push_block(key, value, indent + 2, out));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            out.push_str(&format!("{pad}{name}:\n"));
            items.iter().for_each(|item| out.push_str(&format!("{pad}  - {}\n", flow(item))));
        }
        value => out.push_str(&format!("{pad}{name}: {}\n", flow(value))),
    }
}

fn flow(value: &Value) -> String {
    yaml::one_line(&from_json(value))
}

fn from_json(value: &Value) -> Node {
    match value {
        Value::Null => Node::Null,
        Value::Bool(_) | Value::Number(_) => Node::Literal(value.to_string()),
        Value::String(text) => Node::text(text),
        Value::Array(items) => Node::List(items.iter().map(from_json).collect()),
        Value::Object(map) => {
            Node::Map(map.iter().map(|(key, value)| (Node::text(key), from_json(value))).collect())
        }
    }
}

/// Returns what a value says; a number or boolean as what it is, and not as it is spelled.
fn to_json(node: &Node) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Literal(text) => {
            serde_json::from_str(text).ok().filter(Value::is_number).unwrap_or_else(|| match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => text.into(),
            })
        }
        Node::Text(text) => text.as_str().into(),
        Node::List(items) => Value::Array(items.iter().map(to_json).collect()),
        Node::Map(pairs) => {
            let pair = |(key, value): &(Node, Node)| {
                (key.as_text().map_or_else(|| yaml::one_line(key), str::to_owned), to_json(value))
            };
            Value::Object(pairs.iter().map(pair).collect())
        }
        Node::Tagged(_, inner) => to_json(inner),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "# by hand\nid: SPRINT-1\ngoal: \"less: noise\"   # kept\nstarts: 2026-11-02\nends: 2026-11-13\n\
                        newer: {a: 1}\ncapacity: 40h\nblackout: [2026-11-11]\ncreated: 2026-11-01\n";

    fn name() -> SprintId {
        SprintId::parse("SPRINT-1").unwrap()
    }

    fn closed() -> SprintEvent {
        SprintEvent {
            commit: Some("a".repeat(40)),
            formulas: Some(1),
            inputs: Some("b".repeat(64)),
            offset: Some("+05:30".parse().unwrap()),
            ..SprintEvent::new("2026-11-13T17:00:00Z".parse().unwrap(), "Ada", SprintAction::Closed)
        }
    }

    #[test]
    fn edits_keep_every_other_byte() {
        let numbers = json!({"version": 1, "delivered": {"value": 11, "of": ["TASK-1", "TASK-2"], "share": 0.9},
                             "rows": [{"role": "qa", "hours": 1.5}], "note": "a: b", "none": null, "yes": true});
        let started = SprintEvent { action: SprintAction::Started, ..closed() };
        let edited = Document::yaml(TEXT.as_bytes()).unwrap().edit(&[append_event(&started)]).unwrap();
        assert!(edited.starts_with(TEXT), "{edited}");
        let frozen = set_block(&edited, "numbers", &numbers).unwrap();
        assert!(frozen.starts_with(&edited), "{frozen}");
        let sprint = read_sprint(&name(), frozen.as_bytes()).unwrap();
        assert_eq!((sprint.numbers.as_ref(), &sprint.history), (Some(&numbers), &vec![started]));
        assert_eq!(sprint.unknown, [("newer".to_owned(), "{a: 1}".to_owned())]);
        assert_eq!(set_block(&frozen, "numbers", &Value::Null).unwrap(), edited);
        let again = Document::yaml(frozen.as_bytes()).unwrap().edit(&[append_event(&closed())]).unwrap();
        assert_eq!(read_sprint(&name(), again.as_bytes()).unwrap().numbers, Some(numbers));
    }

    #[test]
    fn a_sprint_is_read_as_it_is_created() {
        let task = |id: &str| crate::model::TaskId::parse(id).unwrap();
        let mut sprint = read_sprint(&name(), TEXT.as_bytes()).unwrap();
        sprint.history = vec![closed()];
        sprint.committed = vec![
            CommittedTask { task: task("TASK-1"), estimate: Some(Minutes(90)) },
            CommittedTask { task: task("TASK-2"), estimate: None },
        ];
        let (digest, commit) = ("c".repeat(64), "d".repeat(40));
        let counts = EvidenceCounts::Tests { total: 3, failed: 1, skipped: 0 };
        sprint.evidence = vec![SprintEvidence { counts, files: vec!["a b.xml".to_owned()], digest, commit }];
        sprint.numbers = Some(json!({"a": 1}));
        let text = create_sprint(&sprint);
        assert_eq!(read_sprint(&name(), text.as_bytes()).unwrap(), sprint, "{text}");
    }

    #[test]
    fn problems_name_their_lines() {
        let text =
            "id: OTHER\nstarts: soon\nhistory:\n  - {at: 2026-11-01T09:00:00Z, by: a, action: paused}\n";
        let problems = read_sprint(&name(), text.as_bytes()).unwrap_err();
        let found: Vec<_> = problems.iter().map(|p| (p.line, p.key.as_deref().unwrap_or_default())).collect();
        assert_eq!(found, [(Some(1), "id"), (Some(2), "starts"), (Some(4), "history[0].action")]);
        let text = "sprint: SPRINT-1\nat: 2026-11-01\nby: a\nchanges:\n  - {task: TASK-1, change: lost}\n";
        let problems = read_scope_change(&name(), text.as_bytes()).unwrap_err();
        assert_eq!((problems[0].line, problems[0].key.as_deref()), (Some(5), Some("changes[0].change")));
        assert!(read_scope_change(&name(), b"sprint: SPRINT-1\n").is_err());
    }

    #[test]
    fn a_change_of_scope_is_read_as_it_is_created() {
        let entry = ScopeEntry {
            task: crate::model::TaskId::parse("TASK-1").unwrap(),
            action: ScopeAction::Carried,
            estimate: Some(Minutes(30)),
            to: Some(SprintId::parse("SPRINT-2").unwrap()),
            why: Some("too large, {really}".to_owned()),
        };
        let change = ScopeRecord {
            sprint: name(),
            at: "2026-11-13T17:00:00Z".parse().unwrap(),
            by: "Ada".to_owned(),
            agent: Some("builder".to_owned()),
            changes: vec![entry],
            unknown: vec![("newer".to_owned(), "1".to_owned())],
            warnings: Vec::new(),
        };
        let text = create_scope_change(&change);
        assert_eq!(read_scope_change(&name(), text.as_bytes()).unwrap(), change, "{text}");
    }
}
