//! The calls of the API, as data: each is a command of the command line, with its arguments from path, query and body. The
//! forms of pages send the same calls.

/// A call.
#[derive(Debug)]
pub(crate) struct Route {
    /// Whether it writes.
    pub is_post: bool,
    /// Its path below `/api/v1`; a part in braces is a value.
    pub path: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The command's arguments, in order.
    pub arguments: &'static [Argument],
    /// Where what it begins is followed: the last part of the path of another call. It is answered while that goes on.
    pub follow: Option<&'static str>,
}

/// An argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// This word.
    Word(&'static str),
    /// A part of the path.
    Path(&'static str),
    /// A field's value as an option, where it is given: its name, and the option.
    Option(&'static str, &'static str),
    /// The same, of a field that has to be given.
    Needed(&'static str, &'static str),
    /// A field that is true as a flag.
    Flag(&'static str, &'static str),
    /// A field's value as an argument; it has to be given.
    Value(&'static str),
    /// The values of a field, each an argument; none is fine.
    Values(&'static str),
    /// The values of a field, each as an option.
    Options(&'static str, &'static str),
    /// All other fields, each as `NAME=VALUE`.
    Fields,
}

use Argument::{Fields, Flag, Needed, Option as Opt, Options, Path, Value, Values, Word};

const fn get(path: &'static str, about: &'static str, arguments: &'static [Argument]) -> Route {
    Route { is_post: false, path, about, arguments, follow: None }
}

const fn post(path: &'static str, about: &'static str, arguments: &'static [Argument]) -> Route {
    Route { is_post: true, path, about, arguments, follow: None }
}

/// A call that begins something, which goes on after it was answered.
const fn begin(
    path: &'static str,
    about: &'static str,
    follow: &'static str,
    arguments: &'static [Argument],
) -> Route {
    Route { is_post: true, path, about, arguments, follow: Some(follow) }
}

/// Every call.
pub(crate) static ROUTES: [Route; 62] = [
    get("/board", "Tasks in columns by stage, and counts", &[Word("board"), Values("q")]),
    get("/status", "The user's active task, inbox, and what is next", &[Word("status")]),
    get("/inbox", "What waits for the user", &[Word("inbox")]),
    get("/queue", "Tasks that can begin", &[Word("queue"), Opt("limit", "--limit"), Values("q")]),
    get(
        "/tasks",
        "Tasks that match a query",
        &[
            Word("list"),
            Opt("limit", "--limit"),
            Opt("sort", "--sort"),
            Flag("all", "--all"),
            Opt("at", "--at"),
            Values("q"),
        ],
    ),
    post(
        "/tasks",
        "Create a task",
        &[
            Word("new"),
            Opt("type", "--type"),
            Opt("priority", "--priority"),
            Opt("area", "--area"),
            Options("tag", "--tag"),
            Opt("parent", "--parent"),
            Options("depends_on", "--depends-on"),
            Opt("sprint", "--sprint"),
            Opt("body", "--body"),
            Value("title"),
        ],
    ),
    get("/tasks/{id}", "A task in full", &[Word("show"), Opt("at", "--at"), Path("id")]),
    get("/tasks/{id}/log", "A task's history", &[Word("log"), Path("id")]),
    get("/tasks/{id}/signoffs", "A task's sign-offs", &[Word("signoffs"), Path("id")]),
    get("/tasks/{id}/findings", "A task's findings", &[Word("findings"), Path("id")]),
    get("/tasks/{id}/deps", "A task's dependencies", &[Word("deps"), Path("id")]),
    get(
        "/deps",
        "Which task waits for which, of those that match a query",
        &[
            Word("deps"),
            Opt("q", "--query"),
            Flag("all", "--all"),
            Flag("reverse", "--reverse"),
            Opt("at", "--at"),
        ],
    ),
    post("/tasks/{id}/set", "Change fields", &[Word("set"), Path("id"), Fields]),
    post("/tasks/{id}/start", "Start work", &[Word("start"), Path("id")]),
    post(
        "/tasks/{id}/advance",
        "Advance to the next stage; with `to`, only to that one",
        &[Word("advance"), Opt("why", "--why"), Opt("to", "--to"), Path("id")],
    ),
    post(
        "/tasks/{id}/done",
        "Move on as far as it has earned",
        &[Word("done"), Opt("why", "--why"), Path("id")],
    ),
    post("/tasks/{id}/fail", "Send back", &[Word("fail"), Needed("why", "--why"), Path("id")]),
    post("/tasks/{id}/block", "Block by hand", &[Word("block"), Needed("why", "--why"), Path("id")]),
    post("/tasks/{id}/unblock", "Unblock", &[Word("unblock"), Path("id")]),
    post("/tasks/{id}/cancel", "Cancel", &[Word("cancel"), Needed("why", "--why"), Path("id")]),
    post("/tasks/{id}/reopen", "Reopen", &[Word("reopen"), Opt("why", "--why"), Path("id")]),
    post(
        "/tasks/{id}/set-stage",
        "Move to any stage; the history records an override",
        &[Word("set-stage"), Opt("why", "--why"), Path("id"), Value("stage")],
    ),
    post("/tasks/{id}/tick", "Check a checkbox", &[Word("tick"), Path("id"), Value("box")]),
    post("/tasks/{id}/untick", "Uncheck a checkbox", &[Word("untick"), Path("id"), Value("box")]),
    post(
        "/tasks/{id}/notes",
        "Add a note",
        &[Word("note"), Opt("kind", "--kind"), Needed("text", "--message"), Path("id")],
    ),
    post(
        "/tasks/{id}/approve",
        "Approve as a role; with `seen`, only what was shown",
        &[Word("approve"), Opt("role", "--as"), Opt("notes", "--notes"), Opt("seen", "--seen"), Path("id")],
    ),
    post(
        "/tasks/{id}/reject",
        "Reject as a role",
        &[
            Word("reject"),
            Opt("role", "--as"),
            Opt("notes", "--notes"),
            Options("finding", "--finding"),
            Opt("seen", "--seen"),
            Path("id"),
        ],
    ),
    post("/tasks/{id}/withdraw", "Withdraw a vote", &[Word("withdraw"), Opt("role", "--as"), Path("id")]),
    post(
        "/tasks/{id}/findings/{finding}/resolve",
        "Resolve a finding",
        &[Word("findings"), Word("resolve"), Opt("why", "--why"), Path("id"), Path("finding")],
    ),
    get("/findings", "Open findings", &[Word("findings")]),
    get("/roles", "Roles", &[Word("role")]),
    get("/sprints", "Sprints", &[Word("sprint"), Word("list")]),
    get("/sprints/{sprint}", "A sprint in full", &[Word("sprint"), Word("show"), Path("sprint")]),
    get("/sprints/{sprint}/status", "Where a sprint is", &[Word("sprint"), Word("status"), Path("sprint")]),
    get("/plans", "Plans", &[Word("plan"), Word("list")]),
    get("/plans/{plan}", "A plan in full", &[Word("plan"), Word("show"), Path("plan")]),
    get("/plans/{plan}/status", "Where its execution is", &[Word("plan"), Word("status"), Path("plan")]),
    post(
        "/plans/{plan}/approve",
        "Approve a plan as it is",
        &[Word("plan"), Word("approve"), Opt("why", "--why"), Path("plan")],
    ),
    post(
        "/plans/{plan}/reject",
        "Reject a plan",
        &[Word("plan"), Word("reject"), Needed("why", "--why"), Path("plan")],
    ),
    begin(
        "/plans/{plan}/execute",
        "Execute an approved plan, or go on with it",
        "status",
        &[
            Word("plan"),
            Word("execute"),
            Word("--detach"),
            Opt("jobs", "--jobs"),
            Opt("base", "--base"),
            Path("plan"),
        ],
    ),
    begin(
        "/plans/{plan}/retry",
        "Do tasks of a plan again that have failed, or these",
        "status",
        &[Word("plan"), Word("retry"), Word("--detach"), Opt("jobs", "--jobs"), Path("plan"), Values("task")],
    ),
    get("/runs", "Runs", &[Word("run"), Word("list"), Opt("limit", "--limit")]),
    get("/runs/{run}", "A run in full", &[Word("run"), Word("status"), Path("run")]),
    get(
        "/runs/{run}/logs/{step}",
        "What a step has printed",
        &[Word("run"), Word("logs"), Path("run"), Path("step")],
    ),
    get("/runs/{run}/tasks", "The tasks of a task run", &[Word("run"), Word("progress"), Path("run")]),
    post(
        "/runs/{run}/retry",
        "Run again what failed; the run goes on by itself",
        &[Word("run"), Word("retry"), Word("--detach"), Options("step", "--step"), Path("run")],
    ),
    post(
        "/runs/{run}/resume",
        "Go on with a run; it goes on by itself",
        &[Word("run"), Word("resume"), Word("--detach"), Path("run")],
    ),
    post("/runs/{run}/pause", "Pause a run", &[Word("run"), Word("pause"), Path("run")]),
    post("/runs/{run}/cancel", "Cancel a run", &[Word("run"), Word("cancel"), Path("run")]),
    post(
        "/runs/{run}/answer",
        "Answer what a run asks a person",
        &[Word("run"), Word("answer"), Word("--no-resume"), Path("run"), Value("step"), Value("answer")],
    ),
    get(
        "/fleet",
        "The workers, what waits for them, what happened last, and figures",
        &[Word("fleet"), Word("monitor")],
    ),
    post(
        "/fleet/pause",
        "Stop workers until they are resumed: all, or those of `worker`",
        &[Word("fleet"), Word("pause"), Values("worker")],
    ),
    post(
        "/fleet/resume",
        "Let paused workers go on: all, or those of `worker`",
        &[Word("fleet"), Word("resume"), Values("worker")],
    ),
    get(
        "/escalations",
        "What workers could not fix",
        &[Word("escalations"), Word("list"), Flag("all", "--all"), Opt("at", "--at")],
    ),
    get(
        "/escalations/{escalation}",
        "An escalation in full",
        &[Word("escalations"), Word("show"), Opt("at", "--at"), Path("escalation")],
    ),
    post(
        "/escalations/{escalation}/acknowledge",
        "Acknowledge an escalation: somebody looks after it",
        &[Word("escalations"), Word("acknowledge"), Opt("notes", "--notes"), Path("escalation")],
    ),
    post(
        "/escalations/{escalation}/resolve",
        "Resolve an escalation: it is done, or stays as it is",
        &[Word("escalations"), Word("resolve"), Opt("notes", "--notes"), Path("escalation")],
    ),
    get("/director", "The director's rules", &[Word("director"), Word("rules")]),
    get("/director/last", "What its last round has found", &[Word("director"), Word("last")]),
    get("/workflows", "Workflows", &[Word("workflow"), Word("list")]),
    post(
        "/workflows/{workflow}/start",
        "Start a workflow; the run goes on by itself",
        &[Word("run"), Word("start"), Word("--detach"), Options("param", "--param"), Path("workflow")],
    ),
    get("/review", "A range of commits by task, as the gate sees it", &[Word("review"), Values("range")]),
];
