//! Moves between stages that a person makes by hand: `start`, `set-stage`, `reopen`. Each is in the history.

use super::session::Step;
use super::{Error, Reason, Refusal, Result, Session, Written};
use crate::doc::{Edit, Scalar, Value};
use crate::model::{Config, Stage, Task};
use crate::policy::derive;

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct StartRequest {
    /// The task, by a part of its id.
    pub wanted: String,
    /// Who works on it; the caller where left out.
    pub assignee: Option<String>,
    /// Start although it is blocked or somebody else's.
    pub force: bool,
}

/// Starts a task: takes it, moves it into its first stage if it has not begun, and makes it the active one.
pub fn start(session: &Session<'_>, request: &StartRequest) -> Result<Written> {
    let (config, actor) = (session.config()?, session.actor()?);
    let assignee = request.assignee.as_deref().map_or_else(|| Ok(actor.clone()), super::fields::reason)?;
    if assignee.is_empty() {
        return Err(Error::usage("an assignee needs a name"));
    }
    let assignee = assignee.as_str();
    let wanted = [request.wanted.clone()];
    let written = session.change("start", &wanted, |task, _| {
        refuse_start(session, &config, task, assignee, request.force)?;
        Ok(start_step(session, &config, task, assignee, &actor))
    })?;
    if !session.is_dry() {
        session.workspace().set_active_task(Some(&session.snapshot().resolve(&request.wanted)?))?;
    }
    Ok(written)
}

fn start_step(session: &Session<'_>, config: &Config, task: &Task, assignee: &str, actor: &str) -> Step {
    let (mut edits, mut said) = (Vec::new(), Vec::new());
    if task.assignee.as_deref() != Some(assignee) {
        edits.push(Edit::Set { key: "assignee".to_owned(), value: Value::Text(assignee.to_owned()) });
        said.push(format!("assignee = {assignee}"));
    }
    if task.stage.is_none() {
        let first = config.stages_of(task.kind.as_deref()).first().cloned().unwrap_or_else(Stage::complete);
        said.push(format!("none → {first}"));
        edits.extend(move_edits(session, actor, task, &first, Some("started")));
    }
    if said.is_empty() {
        said.push(format!("is in {} already", task.stage));
    }
    Step { edits, said }
}

fn refuse_start(
    session: &Session<'_>,
    config: &Config,
    task: &Task,
    assignee: &str,
    force: bool,
) -> Result<()> {
    let id = &task.id;
    let mut reasons = Vec::new();
    if task.cancelled.is_some() || task.stage.is_complete() {
        let state = if task.cancelled.is_some() { "cancelled" } else { "complete" };
        return Err(Error::refused(
            format!("{id} is {state}"),
            "closed",
            "nothing is left to do",
            Some(format!("tracker reopen {id}")),
        ));
    }
    if let Some(why) = &task.blocked {
        reasons.push(Reason {
            label: "blocked",
            text: if why.is_empty() { "by hand".to_owned() } else { why.clone() },
            mend: Some(format!("tracker unblock {id}")),
        });
    }
    for open in open_dependencies(session, config, task)? {
        reasons.push(Reason {
            label: "waits for",
            mend: Some(format!("tracker show {}", open.0)),
            text: format!("{}  {}", open.0, open.1),
        });
    }
    if let Some(other) = task.assignee.as_deref().filter(|other| *other != assignee) {
        reasons.push(Reason {
            label: "assigned",
            text: format!("to {other}"),
            mend: Some(format!("tracker start {id} --force")),
        });
    }
    if reasons.is_empty() || force {
        return Ok(());
    }
    let kept = Some("--force starts it all the same".to_owned());
    Err(Error::Refused(Refusal { what: format!("{id} cannot start"), reasons, kept }))
}

fn open_dependencies(session: &Session<'_>, config: &Config, task: &Task) -> Result<Vec<(String, String)>> {
    if task.depends_on.is_empty() {
        return Ok(Vec::new());
    }
    let tasks = session.snapshot().tasks()?;
    let (summaries, _) = tasks.read();
    let derived = derive(&summaries, config);
    let Some(at) = derived.graph.task(task.id.as_str()) else { return Ok(Vec::new()) };
    let title = |task: Option<usize>| task.map_or("no such task", |at| summaries[at].title).to_owned();
    let open = derived.graph.open_dependencies(at);
    Ok(open.map(|dependency| (dependency.id.to_owned(), title(dependency.task))).collect())
}

/// Moves tasks to a stage whatever their state; the history says that it was an override.
pub fn set_stage(
    session: &Session<'_>,
    wanted: &[String],
    stage: &str,
    why: Option<&str>,
) -> Result<Written> {
    let (config, actor) = (session.config()?, session.actor()?);
    let why = why.map(super::fields::reason).transpose()?;
    let why = why.as_deref();
    let written = session.change("set-stage", wanted, |task, _| {
        let known = config.stages_of(task.kind.as_deref());
        let all = || [Stage::none()].into_iter().chain(known.iter().cloned()).chain([Stage::complete()]);
        let wanted = stage.to_ascii_lowercase();
        let Some(to) = all().find(|stage| stage.as_str() == wanted) else {
            let names: Vec<String> = all().map(|stage| stage.to_string()).collect();
            return Err(Error::usage_with(
                format!("`{stage}` is no stage of {}", task.id),
                format!("one of {}", names.join(", ")),
            ));
        };
        if task.stage == to {
            return Ok(Step::nothing(format!("is in {to} already")));
        }
        let why = why.map_or_else(|| "override".to_owned(), |why| format!("override: {why}"));
        let edits = move_edits(session, &actor, task, &to, Some(&why));
        Ok(Step::new(edits, format!("{} → {to}", task.stage)))
    })?;
    if stage.eq_ignore_ascii_case(Stage::COMPLETE) {
        super::active::forget_closed(session, &written)?;
    }
    Ok(written)
}

/// Opens tasks again: what was cancelled goes on where it stood, what was complete goes back to the first stage.
pub fn reopen(session: &Session<'_>, wanted: &[String], why: Option<&str>) -> Result<Written> {
    let (config, actor) = (session.config()?, session.actor()?);
    let why = why.map(super::fields::reason).transpose()?;
    let why = why.as_deref();
    session.change("reopen", wanted, |task, _| {
        let (mut edits, mut said) = (Vec::new(), Vec::new());
        if task.cancelled.is_some() {
            edits.push(Edit::Remove { key: "cancelled".to_owned() });
            said.push(format!("no longer cancelled, goes on in {}", task.stage));
        }
        if task.stage.is_complete() {
            let first = config.stages_of(task.kind.as_deref()).first().cloned().unwrap_or_else(Stage::none);
            said.push(format!("complete → {first}"));
            let why = why.map_or_else(|| "reopened".to_owned(), |why| format!("reopened: {why}"));
            edits.extend(move_edits(session, &actor, task, &first, Some(&why)));
        }
        if said.is_empty() {
            said.push("is open already".to_owned());
        }
        Ok(Step { edits, said })
    })
}

/// Returns the edits of one move: the stage, and its line in the history.
pub(super) fn move_edits(
    session: &Session<'_>,
    actor: &str,
    task: &Task,
    to: &Stage,
    why: Option<&str>,
) -> Vec<Edit> {
    let at = session.env().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let text = |text: &str| Scalar::Text(text.to_owned());
    let mut entry = vec![
        ("at".to_owned(), Scalar::Plain(at)),
        ("by".to_owned(), text(actor)),
        ("from".to_owned(), text(task.stage.as_str())),
        ("to".to_owned(), text(to.as_str())),
    ];
    entry.extend(why.map(|why| ("why".to_owned(), text(why))));
    vec![
        Edit::Set { key: "stage".to_owned(), value: Value::Text(to.to_string()) },
        Edit::Append { key: "history".to_owned(), entry },
    ]
}
