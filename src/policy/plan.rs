//! Plans: what keeps one from being approved and executed, and whose decisions about it count.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{Cycle, Fix, Graph, Trust, is_agent, is_member};
use crate::model::{
    Config, Person, Plan, PlanDecision, PlanDecisionKind, PlanId, PlanRules, PlannedTask, SelfApproval,
    Signatures, Suggestion, Summary, TaskId, first_overlap,
};

/// How many tasks are named that have no target files.
const NAMED: usize = 8;

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanFault {
    /// It has no tasks.
    Empty,
    /// There is no such task, or its file cannot be read.
    Unknown {
        /// The task.
        task: TaskId,
        /// The line of the plan.
        line: usize,
    },
    /// It has a task twice.
    Twice {
        /// The task.
        task: TaskId,
        /// The line of the plan where it is again.
        line: usize,
        /// The line where it is first.
        first: usize,
    },
    /// Another plan that is not rejected has the task.
    InOther {
        /// The task.
        task: TaskId,
        /// The line of the plan.
        line: usize,
        /// The other plan.
        plan: PlanId,
    },
    /// Tasks of it wait for each other.
    Waits {
        /// A task of the plan that is in the cycle.
        task: TaskId,
        /// The line of the plan.
        line: usize,
        /// The cycle.
        cycle: Cycle,
    },
    /// Two tasks may write one file, and neither waits for the other.
    SameFile {
        /// The first, in the order of the plan.
        one: TaskId,
        /// The other.
        other: TaskId,
        /// The line of the plan where the other is.
        line: usize,
        /// The target file of the first that is one of the other's, too.
        file: String,
    },
    /// Tasks say nothing of the files that they change: nothing limits them.
    NoFiles {
        /// The tasks, at least one.
        tasks: Vec<TaskId>,
        /// The line of the first.
        line: usize,
    },
}

impl PlanFault {
    /// Whether the plan can be neither approved nor executed.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(self, Self::NoFiles { .. })
    }

    /// The line of the plan's file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Empty => None,
            Self::Unknown { line, .. }
            | Self::Twice { line, .. }
            | Self::InOther { line, .. }
            | Self::Waits { line, .. }
            | Self::SameFile { line, .. }
            | Self::NoFiles { line, .. } => Some(*line),
        }
    }

    /// One word or two that sort it.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unknown { .. } => "unknown",
            Self::Twice { .. } => "twice",
            Self::InOther { .. } => "other plan",
            Self::Waits { .. } => "cycle",
            Self::SameFile { .. } => "same file",
            Self::NoFiles { .. } => "no files",
        }
    }

    /// What gets somebody past it.
    #[must_use]
    pub fn fix(&self, plan: &PlanId) -> Fix {
        let run = |words: &[&str]| Fix::Run(Suggestion::tracker(words));
        let plan = plan.as_str();
        match self {
            Self::Empty => run(&["plan", "add", plan, "ID"]),
            Self::Unknown { task, .. } | Self::InOther { task, .. } => {
                run(&["plan", "remove", plan, task.as_str()])
            }
            Self::Twice { line, .. } => Fix::Advice(format!("delete line {line}")),
            Self::Waits { .. } => run(&["deps"]),
            Self::SameFile { one, other, .. } => run(&["set", other.as_str(), &format!("depends_on+={one}")]),
            Self::NoFiles { tasks, .. } => run(&["set", tasks[0].as_str(), "files+=PATH"]),
        }
    }
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it has no tasks"),
            Self::Unknown { task, .. } => write!(f, "there is no task {task} that can be read"),
            Self::Twice { task, first, .. } => write!(f, "{task} is there twice, first on line {first}"),
            Self::InOther { task, plan, .. } => write!(f, "{task} is also a task of {plan}"),
            Self::Waits { cycle, .. } => write!(f, "tasks wait for each other: {cycle}"),
            Self::SameFile { one, other, file, .. } => {
                write!(f, "{one} and {other} may both change `{file}`, and neither depends on the other")
            }
            Self::NoFiles { tasks, .. } => {
                let some: Vec<&str> = tasks.iter().take(NAMED).map(TaskId::as_str).collect();
                let more = match tasks.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                write!(f, "no target files, so nothing limits what changes: {}{more}", some.join(", "))
            }
        }
    }
}

/// Returns what is wrong with a plan, in the order of its lines: `tasks` are all that the tracker has and that can be read,
/// `others` says which of its tasks each other plan has that is not rejected.
#[must_use]
pub fn plan_faults(plan: &Plan, tasks: &[Summary<'_>], others: &HashMap<TaskId, PlanId>) -> Vec<PlanFault> {
    let graph = Graph::new(tasks);
    let mut faults = Vec::new();
    let mut seen: HashMap<&TaskId, usize> = HashMap::new();
    // Each task once, with its place among all tasks.
    let mut own: Vec<(&TaskId, usize, usize)> = Vec::new();
    for (PlannedTask { id, .. }, line) in plan.tasks().zip(plan.lines.iter().copied()) {
        let task = id.clone();
        if let Some(first) = seen.insert(id, line) {
            seen.insert(id, first);
            faults.push(PlanFault::Twice { task, line, first });
            continue;
        }
        match graph.task(id.as_str()) {
            Some(at) => own.push((id, line, at)),
            None => faults.push(PlanFault::Unknown { task: task.clone(), line }),
        }
        if let Some(other) = others.get(id) {
            faults.push(PlanFault::InOther { task, line, plan: other.clone() });
        }
    }
    if seen.is_empty() {
        return vec![PlanFault::Empty];
    }
    faults.extend(cycles(&graph, &own));
    faults.extend(same_files(&graph, tasks, &own));
    let bare = own.iter().filter(|(_, _, at)| tasks[*at].files.is_empty() && !tasks[*at].is_closed());
    let bare: Vec<(TaskId, usize)> = bare.map(|(id, line, _)| ((*id).clone(), *line)).collect();
    if let Some(line) = bare.first().map(|(_, line)| *line) {
        let tasks = bare.into_iter().map(|(task, _)| task).collect();
        faults.push(PlanFault::NoFiles { tasks, line });
    }
    faults.sort_by_key(|fault| (!fault.is_error(), fault.line()));
    faults
}

fn cycles(graph: &Graph<'_>, own: &[(&TaskId, usize, usize)]) -> Vec<PlanFault> {
    let fault = |cycle: Cycle| {
        let (task, line, _) = own.iter().find(|(id, ..)| cycle.ids.iter().any(|own| own == id.as_str()))?;
        Some(PlanFault::Waits { task: (*task).clone(), line: *line, cycle })
    };
    graph.cycles().into_iter().filter_map(fault).collect()
}

fn same_files(graph: &Graph<'_>, tasks: &[Summary<'_>], own: &[(&TaskId, usize, usize)]) -> Vec<PlanFault> {
    let open = own.iter().filter(|(_, _, at)| !tasks[*at].files.is_empty() && !tasks[*at].is_closed());
    let open: Vec<_> = open
        .map(|(id, line, at)| {
            let files: Vec<String> = tasks[*at].files.iter().map(str::to_owned).collect();
            (*id, *line, *at, files)
        })
        .collect();
    // A task is done after its parts.
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    for (_, _, at) in own {
        if let Some(whole) = tasks[*at].parent.and_then(|parent| graph.task(parent)) {
            parts.entry(whole).or_default().push(*at);
        }
    }
    let mut before: HashMap<usize, HashSet<usize>> = HashMap::new();
    let mut faults = Vec::new();
    for (index, (other, line, at, files)) in open.iter().enumerate() {
        for (one, _, earlier, earlier_files) in &open[..index] {
            let Some(file) = first_overlap(earlier_files, files) else { continue };
            let mut waits = |task: usize, on: usize| {
                before.entry(task).or_insert_with(|| all_before(graph, &parts, task)).contains(&on)
            };
            if !waits(*at, *earlier) && !waits(*earlier, *at) {
                let (one, other, file) = ((*one).clone(), (*other).clone(), file.to_owned());
                faults.push(PlanFault::SameFile { one, other, line: *line, file });
            }
        }
    }
    faults
}

/// Returns all tasks that one comes after, directly or not: those that it depends on, and parts of a plan.
fn all_before(graph: &Graph<'_>, parts: &HashMap<usize, Vec<usize>>, task: usize) -> HashSet<usize> {
    let (mut found, mut waiting) = (HashSet::new(), vec![task]);
    while let Some(at) = waiting.pop() {
        let on = graph.dependencies(at).filter_map(|dependency| dependency.task);
        let on = on.chain(parts.get(&at).into_iter().flatten().copied());
        waiting.extend(on.filter(|on| found.insert(*on)));
    }
    found
}

/// Why a decision about a plan does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionDoubt {
    /// The configuration has no table for the role that approves plans.
    UndefinedRole(String),
    /// They are no member of that role.
    Outsider(String),
    /// An agent decided what is for people only.
    Agent(String),
    /// Who wrote a plan does not approve it.
    OwnPlan,
    /// It is not signed, and the policy wants that.
    Unsigned,
    /// The commit that says so is by another.
    Unattributed,
}

impl fmt::Display for DecisionDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UndefinedRole(role) => {
                write!(f, "role `{}`, which approves plans, is not defined", role.escape_debug())
            }
            Self::Outsider(role) => write!(f, "only members of {role} approve plans"),
            Self::Agent(role) => write!(f, "{role} is for people only"),
            Self::OwnPlan => f.write_str("the policy forbids to approve a plan that one wrote"),
            Self::Unsigned => f.write_str("it is not signed, and the policy wants that"),
            Self::Unattributed => f.write_str("the commit that says so is by another"),
        }
    }
}

/// Who decided, as far as that is known.
#[derive(Debug, Clone)]
pub struct Decider {
    /// As the entry names them.
    pub named: Person,
    /// The one person that they are.
    pub canonical: Person,
    /// How sure that is.
    pub trust: Trust,
    /// Whether they wrote the plan, or a part of it.
    pub is_author: bool,
}

/// Says why a decision does not count; none where it does. To take a decision back, and to reject, is nobody's privilege,
/// but whoever does it is who the entry names.
#[must_use]
pub fn decision_doubt(config: &Config, decision: &PlanDecision, by: &Decider) -> Option<DecisionDoubt> {
    match by.trust {
        Trust::Unverified => return Some(DecisionDoubt::Unattributed),
        Trust::Attributed if config.policy.signatures == Signatures::Require => {
            return Some(DecisionDoubt::Unsigned);
        }
        Trust::Attributed | Trust::Signed => {}
    }
    if decision.kind != PlanDecisionKind::Approved {
        return None;
    }
    approver_doubt(config, &[&by.canonical, &by.named], decision.agent.as_deref(), by.is_author)
}

/// Says why somebody may not approve plans; none where they may.
#[must_use]
pub fn approver_doubt(
    config: &Config,
    known_as: &[&Person],
    agent: Option<&str>,
    is_author: bool,
) -> Option<DecisionDoubt> {
    if is_author && config.policy.self_approval == SelfApproval::Forbid {
        return Some(DecisionDoubt::OwnPlan);
    }
    let PlanRules { approvers: Some(name), .. } = &config.plans else { return None };
    let role = config.role(name);
    let is_an_agent = || {
        let is_listed = |person: &&Person| is_agent(&config.policy.agents, person);
        agent.is_some() || known_as.iter().any(is_listed)
    };
    if !role.is_defined {
        Some(DecisionDoubt::UndefinedRole(name.clone()))
    } else if !is_member(config, role, known_as) {
        Some(DecisionDoubt::Outsider(name.clone()))
    } else if role.rules.people_only && is_an_agent() {
        Some(DecisionDoubt::Agent(name.clone()))
    } else {
        None
    }
}
