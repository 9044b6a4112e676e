//! A plan's file: front matter with what people have decided, and below it the tasks as a list under headings. It is edited
//! by splicing: what else somebody wrote there stays.
//!
//! And the digest of a plan's content, which an approval names: what would be done, and nothing of how far it is.

mod edit;

pub(crate) use edit::{PlanPlace, add_to_plan, remove_from_plan};

use chrono::NaiveDate;
use serde::Serialize;

use crate::doc::markdown::{TaskItem, items_among_tasks, task_items, without_ticks};
use crate::doc::printable::printable;
use crate::doc::source::Kind;
use crate::doc::task::{Entry, EntryKind, Fields, Writer, entries, moment_text, unknown_but};
use crate::doc::yaml::Node;
use crate::doc::yaml::scalar::ScalarContext;
use crate::doc::{Document, Edit, Scalar};
use crate::model::{
    MOST_RETRIES, Milestone, Phase, Plan, PlanDecision, PlanDecisionKind, PlanId, Priority, Problem, RETRIES,
    Severity, Task, TaskId, digest_of, retries_of,
};

/// The keys of a plan in canonical order.
const KEYS: [&str; 6] = ["id", "title", "source", RETRIES, "created", "history"];

const HISTORY: EntryKind = EntryKind {
    list: "history",
    one: "decision",
    plural: "decisions",
    example: "{at: …, by: …, kind: approved, digest: …}",
};

/// Reads the plan that the file's name says.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key.
pub fn read_plan(file: &PlanId, bytes: &[u8]) -> Result<Plan, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Markdown)?;
    let mut fields = Fields::new(&document, problems);
    fields.require_all("plan", &[("id", file.as_str()), ("title", "Rework of the cart")]);
    let id = fields.parsed("id", |text| same_id(text, file));
    let title = fields.text("title").map(str::to_owned);
    let mut plan = Plan::new(file.clone(), title.clone().unwrap_or_default());
    plan.source = fields.text("source").map(str::to_owned);
    plan.retries = fields.parsed(RETRIES, retries);
    plan.created = fields.parsed("created", day);
    plan.history = entries(&mut fields, HISTORY).iter().filter_map(|e| decision(e, &mut fields)).collect();
    place_decisions(&mut plan.history);
    plan.history_lines =
        (0..plan.history.len()).filter_map(|at| fields.line_of_item(HISTORY.list, at)).collect();
    plan.unknown = unknown_but(&document, |key| KEYS.contains(&key));
    let above = document.body_line() - 1;
    let items = task_items(document.body());
    plan.lines = items.iter().map(|item| above + item.line).collect();
    plan.phases = phases(&items);
    plan.body = document.body().to_owned();
    plan.warnings = fields.into_problems();
    plan.warnings.extend(items_among_tasks(document.body(), &items).into_iter().map(|(line, text)| {
        let problem = Problem::warning(format!(
            "`{}` begins with no task's id, so it is no part of the plan",
            printable(text)
        ));
        problem
            .at_line(above + line)
            .with_hint("begin the line with the id of a task, or indent it below one")
    }));
    if id.is_none() || title.is_none() || plan.warnings.iter().any(|it| it.severity == Severity::Error) {
        return Err(plan.warnings);
    }
    Ok(plan)
}

fn same_id(text: &str, file: &PlanId) -> Result<PlanId, Problem> {
    match PlanId::parse(text) {
        Ok(id) if id == *file => Ok(id),
        Ok(id) => {
            let problem = Problem::error(format!("`{id}` is not the id that the file's name says"));
            Err(problem.with_hint(format!("write `id: {file}`, or rename the file to {id}.md")))
        }
        Err(error) => Err(Problem::error(error.to_string())),
    }
}

fn day(text: &str) -> Result<NaiveDate, Problem> {
    text.parse().map_err(|_| {
        let problem = Problem::error(format!("`{}` is no day", printable(text)));
        problem.with_hint("write a day such as `2026-11-11`")
    })
}

fn retries(text: &str) -> Result<u32, Problem> {
    text.parse().ok().filter(|count| *count <= MOST_RETRIES).ok_or_else(|| {
        let problem = Problem::error(format!("`{}` is no number of retries", printable(text)));
        problem.with_hint(format!("write a number from 0 to {MOST_RETRIES}"))
    })
}

fn decision(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<PlanDecision> {
    let at = entry.moment(fields, "at");
    let by = entry.required(fields, "by", |text| Ok(text.to_owned()));
    let kind = entry.required(fields, "kind", |text| Ok(PlanDecisionKind::parse(text)));
    if let Some(PlanDecisionKind::Unknown(text)) = &kind {
        let problem = Problem::warning(format!("unknown decision `{}`", printable(text)));
        let known = PlanDecisionKind::KNOWN.map(|kind| kind.to_string()).join(", ");
        entry.report(fields, "kind", problem.with_hint(format!("expected {known}; it approves nothing")));
    }
    let digest = entry.optional(fields, "digest", |text| Ok(text.to_owned()));
    let text = |field: &str| entry.value(field).and_then(Node::as_text).map(str::to_owned);
    let (agent, why, signature, after) = (text("agent"), text("why"), text("signature"), text("after"));
    let is_in_place = after.is_none();
    Some(PlanDecision { at: at?, by: by?, agent, kind: kind?, digest, after, is_in_place, why, signature })
}

fn phases(items: &[TaskItem<'_>]) -> Vec<Phase> {
    let name = |name: Option<&str>| name.map(str::to_owned);
    let mut phases: Vec<Phase> = Vec::new();
    for phase in items.chunk_by(|a, b| a.part.0 == b.part.0) {
        let milestones = phase.chunk_by(|a, b| a.part == b.part).map(|milestone| Milestone {
            name: name(milestone[0].milestone),
            tasks: milestone.iter().map(|item| item.id.clone()).collect(),
        });
        phases.push(Phase { name: name(phase[0].phase), milestones: milestones.collect() });
    }
    phases
}

/// Writes a new plan: keys in canonical order, absent ones left out. The body follows as it is: begin it with an empty
/// line.
#[must_use]
pub fn create_plan(plan: &Plan) -> String {
    let mut out = Writer::default();
    out.plain("id", plan.id.as_str());
    out.text("title", Some(&plan.title));
    out.text("source", plan.source.as_deref());
    plan.retries.inspect(|count| out.plain(RETRIES, &count.to_string()));
    for (key, value) in plan.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    plan.created.inspect(|day| out.plain("created", &day.to_string()));
    out.mappings(HISTORY.list, plan.history.iter().map(written_pairs));
    out.finish(&plan.body)
}

fn pairs(decision: &PlanDecision) -> Vec<(&'static str, Scalar)> {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let mut pairs = vec![("at", Scalar::Plain(moment_text(decision.at))), ("by", text(&decision.by))];
    pairs.extend(decision.agent.as_deref().map(|agent| ("agent", text(agent))));
    pairs.push(("kind", text(decision.kind.as_str())));
    pairs.extend(decision.digest.as_deref().map(|digest| ("digest", text(digest))));
    pairs.extend(decision.after.as_deref().map(|after| ("after", text(after))));
    pairs.extend(decision.why.as_deref().map(|why| ("why", text(why))));
    pairs.extend(decision.signature.as_deref().map(|signature| ("signature", text(signature))));
    pairs
}

fn written_pairs(decision: &PlanDecision) -> Vec<(&'static str, String)> {
    pairs(decision).into_iter().map(|(key, value)| (key, value.write(ScalarContext::Flow).text)).collect()
}

/// Returns what the next entry of a history says that it comes after; none where it is the first. A chain: each entry is
/// digested together with what it came after.
#[must_use]
pub fn digest_of_history(history: &[PlanDecision]) -> Option<String> {
    history.iter().fold(None, |above, decision| Some(digest_below(above.as_deref(), decision)))
}

fn digest_below(above: Option<&str>, decision: &PlanDecision) -> String {
    let entry = (above, written_pairs(decision));
    digest_of(&serde_json::to_vec(&entry).expect("plain data is always JSON"))
}

/// Finds the entries that come after what they say.
fn place_decisions(history: &mut [PlanDecision]) {
    let mut above = None;
    for decision in history {
        decision.is_in_place = decision.after == above;
        above = Some(digest_below(above.as_deref(), decision));
    }
}

/// Returns what a signature of a decision signs: the plan, and all that its entry says.
#[must_use]
pub fn signed_decision(plan: &PlanId, decision: &PlanDecision) -> String {
    let unsigned = PlanDecision { signature: None, ..decision.clone() };
    let mut out = Writer::default();
    out.plain("plan", plan.as_str());
    out.mappings(HISTORY.list, std::iter::once(written_pairs(&unsigned)));
    out.finish_yaml()
}

/// Returns the edit that adds a decision to a plan's history.
#[must_use]
pub fn append_decision(decision: &PlanDecision) -> Edit {
    let entry = pairs(decision).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Edit::Append { key: HISTORY.list.to_owned(), entry }
}

/// Says which encoding a digest is over; another encoding has another line.
const FORMAT: &str = "plan 1";

/// A heading, and what is below it.
type Part<'a, T> = (Option<&'a str>, Vec<T>);

#[derive(Serialize)]
struct Content<'a> {
    format: &'static str,
    id: &'a str,
    title: &'a str,
    retries: Option<u32>,
    phases: Vec<Part<'a, Part<'a, &'a str>>>,
    tasks: Vec<Option<TaskContent<'a>>>,
}

#[derive(Serialize)]
struct TaskContent<'a> {
    id: &'a str,
    title: &'a str,
    kind: Option<&'a str>,
    priority: Option<&'a str>,
    parent: Option<&'a str>,
    depends_on: Vec<&'a str>,
    files: Vec<&'a str>,
    estimate: Option<u32>,
    retries: Option<u32>,
    body: String,
}

/// Returns the digest of what a plan would have done: its title, its tasks in their order, and of each what is to be done,
/// but not how far it is. A task that is not there, or cannot be read, is none.
#[must_use]
pub fn plan_digest<'t>(plan: &Plan, task: impl Fn(&TaskId) -> Option<&'t Task>) -> String {
    let phases = plan.phases.iter().map(|phase| {
        let milestones = phase
            .milestones
            .iter()
            .map(|part| (part.name.as_deref(), part.tasks.iter().map(TaskId::as_str).collect()));
        (phase.name.as_deref(), milestones.collect())
    });
    let content = Content {
        format: FORMAT,
        id: plan.id.as_str(),
        title: &plan.title,
        retries: plan.retries,
        phases: phases.collect(),
        tasks: plan.tasks().map(|planned| task(planned.id).map(task_content)).collect(),
    };
    digest_of(&serde_json::to_vec(&content).expect("plain data is always JSON"))
}

/// Returns the digest of what a task of a plan is to do, whichever plan it is of.
#[must_use]
pub fn planned_task_digest(task: &Task) -> String {
    digest_of(&serde_json::to_vec(&(FORMAT, task_content(task))).expect("plain data is always JSON"))
}

fn task_content(task: &Task) -> TaskContent<'_> {
    let sorted = |mut texts: Vec<_>| {
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    TaskContent {
        id: task.id.as_str(),
        title: &task.title,
        kind: task.kind.as_deref(),
        priority: task.priority.as_ref().map(Priority::as_str),
        parent: task.parent.as_ref().map(TaskId::as_str),
        depends_on: sorted(task.depends_on.iter().map(TaskId::as_str).collect()),
        files: sorted(task.files.iter().map(String::as_str).collect()),
        estimate: task.estimate.map(|minutes| minutes.0),
        retries: retries_of(task),
        body: without_ticks(&task.body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::read_task;

    const TEXT: &str = "---\r\n# by hand\r\nid: PLAN-1\r\ntitle: 'The cart'  # kept\r\nretries: 3\r\nnewer: [1]\r\ncreated: 2026-11-11\r\n---\r\n\
                        Why: TASK-9 failed.\r\n\r\n## Base\r\n\r\n- TASK-1 Add the table\r\n\r\n### Rows\r\n- TASK-2\r\n\r\n## Notes\r\nNone.\r\n";

    fn id() -> PlanId {
        PlanId::parse("PLAN-1").unwrap()
    }

    fn approved() -> PlanDecision {
        PlanDecision {
            at: "2026-11-11T15:30:00Z".parse().unwrap(),
            by: "Ada, the {first}".to_owned(),
            agent: Some("builder-1".to_owned()),
            kind: PlanDecisionKind::Approved,
            digest: Some("a".repeat(64)),
            after: None,
            is_in_place: true,
            why: Some("small: fine".to_owned()),
            signature: Some("U1NI".to_owned()),
        }
    }

    fn task(text: &str) -> Task {
        read_task(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_plan_is_read_with_its_tasks_and_their_lines() {
        let plan = read_plan(&id(), TEXT.as_bytes()).unwrap();
        let found: Vec<_> = plan.tasks().map(|task| (task.phase, task.milestone, task.id.as_str())).collect();
        assert_eq!(found, [(Some("Base"), None, "TASK-1"), (Some("Base"), Some("Rows"), "TASK-2")]);
        assert_eq!((plan.lines.as_slice(), plan.retries), ([13, 16].as_slice(), Some(3)));
        assert_eq!(plan.unknown, [("newer".to_owned(), "[1]".to_owned())]);
    }

    #[test]
    fn a_decision_is_appended_and_nothing_else_changes() {
        let edited =
            Document::markdown(TEXT.as_bytes()).unwrap().edit(&[append_decision(&approved())]).unwrap();
        let (above, below) = TEXT.split_once("---\r\nWhy").unwrap();
        assert!(edited.starts_with(above) && edited.ends_with(below), "{edited}");
        let plan = read_plan(&id(), edited.as_bytes()).unwrap();
        assert_eq!(plan.history, [approved()]);
        let after = digest_of_history(&[approved()]);
        let again = PlanDecision { kind: PlanDecisionKind::Reopened, agent: None, after, ..approved() };
        let twice = Document::markdown(edited.as_bytes()).unwrap().edit(&[append_decision(&again)]).unwrap();
        assert_eq!(read_plan(&id(), twice.as_bytes()).unwrap().history, [approved(), again]);
        // What is copied, or changes places, comes after other entries than it says.
        let entries: Vec<&str> =
            twice.lines().filter(|line| line.trim_start().starts_with("- {at")).collect();
        let places = |text: &str| -> Vec<bool> {
            read_plan(&id(), text.as_bytes()).unwrap().history.iter().map(|own| own.is_in_place).collect()
        };
        assert_eq!(places(&twice), [true, true]);
        let copied = twice.replace(entries[1], &format!("{}\r\n{}", entries[1], entries[0]));
        assert_eq!(places(&copied), [true, true, false]);
    }

    #[test]
    fn a_plan_is_read_as_it_is_created() {
        let mut plan = read_plan(&id(), TEXT.replace('\r', "").as_bytes()).unwrap();
        plan.source = Some("breakdown:specs/cart/tasks.md".to_owned());
        plan.history = vec![approved()];
        let text = create_plan(&plan);
        let lines = read_plan(&id(), text.as_bytes()).unwrap().lines;
        let history_lines = vec![9];
        assert_eq!(
            read_plan(&id(), text.as_bytes()).unwrap(),
            Plan { lines, history_lines, ..plan },
            "{text}"
        );
    }

    #[test]
    fn problems_name_their_lines() {
        let text = "---\nid: PLAN-2\nretries: many\ncreated: soon\nhistory:\n  - {at: 2026-11-11, by: a, kind: Approved}\n  - {by: a, kind: approved}\n---\n";
        let problems = read_plan(&id(), text.as_bytes()).unwrap_err();
        let found: Vec<_> =
            problems.iter().map(|p| (p.line.unwrap(), p.key.as_deref().unwrap_or_default())).collect();
        assert_eq!(
            found,
            [
                (1, "title"),
                (2, "id"),
                (3, "retries"),
                (4, "created"),
                (6, "history[0].kind"),
                (7, "history[1].at")
            ]
        );
        for bytes in [b"".as_slice(), b"\xff", b"---\nid: PLAN-1\ntitle: x\n<<<<<<< a\n---\n"] {
            assert!(read_plan(&id(), bytes).is_err());
        }
    }

    const TASK: &str = "---\nid: TASK-1\ntitle: Add the table\ntype: feature\npriority: high\ntags: [a]\nparent: TASK-7\n\
                        depends_on: [TASK-8, TASK-9]\nsprint: S-1\ndue: 2026-12-01\nfiles: [a.rs, b.rs]\nestimate: 2h\nretries: 1\n\
                        created: 2026-11-11\nstage: none\n---\n\nText.\n\n## Deliverables\n\n- [ ] a\n- [ ] b\n";

    fn digest_with(plan: &str, text: &str) -> String {
        let (first, second) = (task(text), task("---\nid: TASK-2\ntitle: Rows\n---\n"));
        let plan = read_plan(&id(), plan.as_bytes()).unwrap();
        plan_digest(&plan, |id| [&first, &second].into_iter().find(|task| task.id == *id))
    }

    #[test]
    fn the_digest_is_of_what_is_to_be_done() {
        let before = digest_with(TEXT, TASK);
        let same_of_task = [
            ("stage: none", "stage: dev\nassignee: ada\nspent: 1h\nblocked: true"),
            ("tags: [a]", "tags: [b]"),
            ("sprint: S-1\ndue: 2026-12-01\n", ""),
            ("[TASK-8, TASK-9]", "[TASK-9, TASK-8]"),
            ("- [ ] a\n- [ ] b", "- [x] a  \n- [✓] b\n\n"),
            ("\n", "\r\n"),
        ];
        for (from, to) in same_of_task {
            assert!(TASK.contains(from));
            assert_eq!(digest_with(TEXT, &TASK.replace(from, to)), before, "{from}");
        }
        for (from, to) in [
            ("Add the table", "Other label"),
            ("Why: ", "Because "),
            ("newer: [1]", "newer: [2]"),
            ("\r", ""),
        ] {
            assert!(TEXT.contains(from));
            assert_eq!(digest_with(&TEXT.replace(from, to), TASK), before, "{from}");
        }
    }

    #[test]
    fn whatever_would_be_done_otherwise_has_another_digest() {
        let before = digest_with(TEXT, TASK);
        let of_task = [
            ("Add the table", "Drop the table"),
            ("type: feature", "type: bug"),
            ("priority: high", "priority: low"),
            ("parent: TASK-7\n", ""),
            ("[TASK-8, TASK-9]", "[TASK-8]"),
            ("[a.rs, b.rs]", "[a.rs, b.rs, .env]"),
            ("estimate: 2h", "estimate: 3h"),
            ("retries: 1", "retries: 2"),
            ("Text.", "Text!"),
            ("- [ ] b\n", "- [ ] b\n- [ ] c\n"),
            ("id: TASK-1", "id: TASK-3"),
        ];
        for (from, to) in of_task {
            assert!(TASK.contains(from));
            assert_ne!(digest_with(TEXT, &TASK.replace(from, to)), before, "{from}");
        }
        let of_plan = [
            ("The cart", "The basket"),
            ("retries: 3", "retries: 4"),
            ("## Base", "## Bass"),
            ("### Rows", "### Row"),
            ("### Rows\r\n", ""),
            ("- TASK-2", "- TASK-1"),
            ("- TASK-2", "- TASK-2\r\n- TASK-3"),
            ("- TASK-1 Add the table\r\n\r\n### Rows\r\n- TASK-2", "- TASK-2\r\n\r\n### Rows\r\n- TASK-1"),
        ];
        for (from, to) in of_plan {
            assert!(TEXT.contains(from), "{from}");
            assert_ne!(digest_with(&TEXT.replace(from, to), TASK), before, "{from}");
        }
    }
}
