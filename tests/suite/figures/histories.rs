//! Random histories of a sprint: as items for the program and as files for anybody.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, SecondsFormat, Utc};
use fastrand::Rng;
use tracker::metrics::{
    Calendar, Commitment, Item, ItemFinding, ItemStage, ItemVote, Scope, ScopeChange, ScopeChangeKind, Window,
};
use tracker::model::{FindingSeverity, FindingState, Minutes, Move, MoveKind, Stage, TaskId, Verdict};

pub const SPRINT: &str = "SPRINT-1";

const CONFIG: &str = "format = 2\n\n[pipeline]\nstages = [\"dev\", \"qa\", \"sec\", \"docs\"]\n\n\
    [stage.qa]\nsignoffs = [\"code-reviewer\", \"test-automator\"]\n\n[stage.sec]\nsignoffs = [\"security-auditor\"]\n\n\
    [types.docs]\nstages = [\"dev\", \"docs\"]\n\n[types.spike]\nstages = [\"dev\"]\n";

/// A sprint with its tasks.
pub struct History {
    pub items: Vec<Item>,
    pub scope: Scope,
    pub window: Window,
}

impl History {
    /// Makes one: tasks that go forth and back, clocks that disagree, stages that are no more, imports, leap days.
    pub fn random(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let year = rng.i32(2023..2029);
        let day = NaiveDate::from_ymd_opt(year, rng.u32(1..13), rng.u32(1..29)).unwrap();
        let start = day.and_hms_opt(rng.u32(0..24), rng.u32(0..60), rng.u32(0..60)).unwrap().and_utc();
        let length = Duration::seconds(rng.i64(0..20 * 86_400));
        let offset = FixedOffset::east_opt(rng.i32(-48..57) * 900).unwrap();
        let window = Window { from: start, to: start + length, calendar: Calendar::at(offset) };
        let items: Vec<Item> = (0..rng.usize(0..15)).map(|at| item(rng, at, &window)).collect();
        let scope = scope(rng, &items, &window);
        Self { items, scope, window }
    }

    /// Writes it as files below a folder.
    pub fn write(&self, root: &Path) {
        for folder in ["tasks", "signoffs", "findings", "sprints/SPRINT-1/scope"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("config.toml"), CONFIG).unwrap();
        for item in &self.items {
            fs::write(root.join(format!("tasks/{}.md", item.id)), task_file(item)).unwrap();
            write_votes(item, root);
            write_findings(item, root);
        }
        fs::write(root.join("sprints/SPRINT-1/sprint.yaml"), self.sprint_file()).unwrap();
        for (at, change) in self.scope.changes.iter().enumerate() {
            let (word, estimate) = match change.change {
                ScopeChangeKind::Added(estimate) => ("added", estimate),
                ScopeChangeKind::Removed => ("removed", None),
                ScopeChangeKind::Estimated(estimate) => ("estimated", estimate),
            };
            let text = format!(
                "sprint: SPRINT-1\nat: {}\nby: Ada\nchanges:\n  - {{task: {}, change: {word}{}}}\n",
                time(change.at),
                change.task,
                optional(", estimate: ", estimate),
            );
            fs::write(root.join(format!("sprints/SPRINT-1/scope/{at:04}.yaml")), text).unwrap();
        }
    }

    fn sprint_file(&self) -> String {
        let offset = self.window.calendar.offset_text();
        let mut text = format!(
            "id: SPRINT-1\nstarts: {}\nends: {}\nhistory:\n  - {{at: {}, by: Ada, action: started}}\n  \
             - {{at: {}, by: Ada, action: closed, offset: \"{offset}\"}}\n",
            self.scope.days.0,
            self.scope.days.1,
            time(self.window.from),
            time(self.window.to),
        );
        if !self.scope.committed.is_empty() {
            text.push_str("committed:\n");
        }
        for entry in &self.scope.committed {
            let estimate = optional(", estimate: ", entry.estimate);
            writeln!(text, "  - {{task: {}{estimate}}}", entry.task).unwrap();
        }
        text
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn optional(before: &str, minutes: Option<Minutes>) -> String {
    minutes.map_or_else(String::new, |minutes| format!("{before}{minutes}"))
}

fn moment(rng: &mut Rng, window: &Window) -> DateTime<Utc> {
    let span = (window.to - window.from).num_seconds();
    match rng.u32(0..12) {
        0 => window.from,
        1 => window.to,
        2 => window.calendar.start_of(window.calendar.day_of(window.to)),
        _ => window.from + Duration::seconds(rng.i64(-span / 2 - 86_400..=span + span / 8)),
    }
}

fn select<T: Clone>(rng: &mut Rng, list: &[T]) -> T {
    list[rng.usize(0..list.len())].clone()
}

fn minutes(rng: &mut Rng) -> Option<Minutes> {
    rng.bool().then(|| Minutes(rng.u32(0..40) * 15))
}

fn stage(name: &str) -> Stage {
    Stage::parse(name).unwrap()
}

fn item(rng: &mut Rng, at: usize, window: &Window) -> Item {
    let (kind, stages): (Option<&str>, &[&str]) = select(
        rng,
        &[
            (None, &["dev", "qa", "sec", "docs"][..]),
            (Some("docs"), &["dev", "docs"]),
            (Some("spike"), &["dev"]),
        ],
    );
    let roles = |stage: &str| match stage {
        "qa" => vec!["code-reviewer".to_owned(), "test-automator".to_owned()],
        "sec" => vec!["security-auditor".to_owned()],
        _ => Vec::new(),
    };
    let moves = moves(rng, stages, window);
    let end =
        moves.last().map_or_else(|| stage(select(rng, &["none", "dev", "complete"])), |step| step.to.clone());
    Item {
        id: TaskId::parse(&format!("TASK-{:04}", at * 37 % 1000)).unwrap(),
        title: format!("Task {at}: \"quoted\""),
        kind: kind.map(str::to_owned),
        stages: stages.iter().map(|name| ItemStage { stage: stage(name), roles: roles(name) }).collect(),
        documentation: stages.contains(&"docs").then(|| stage("docs")),
        stage: end,
        estimate: minutes(rng),
        spent: minutes(rng),
        created: None,
        votes: votes(rng, &moves, window),
        moves,
        findings: (0..rng.usize(0..3)).map(|_| finding(rng, window)).collect(),
        cancelled: rng.u32(0..8) == 0,
        blocked: false,
        assignee: rng.bool().then(|| "Ada".to_owned()),
    }
}

fn moves(rng: &mut Rng, stages: &[&str], window: &Window) -> Vec<Move> {
    let mut order = vec!["none"];
    order.extend(stages);
    order.push("complete");
    let (mut at, mut place) = (moment(rng, window), 0);
    let mut moves = Vec::new();
    let mut from = order[0];
    for _ in 0..rng.usize(0..12) {
        let (to, kind) = match rng.u32(0..20) {
            0 => ("old", MoveKind::Override),
            1 => (order[0], MoveKind::Fail),
            2 => (select(rng, &order), MoveKind::Import),
            3 => (select(rng, &order), MoveKind::Unknown("promote".to_owned())),
            4 => (from, MoveKind::Advance),
            5 | 6 => (order[rng.usize(0..=place)], MoveKind::Fail),
            7 => (order[(place + 1).min(order.len() - 1)], MoveKind::Override),
            8 => (order[rng.usize(0..=place)], MoveKind::Revert),
            _ if place + 1 == order.len() => (order[rng.usize(1..order.len())], MoveKind::Reopen),
            _ => (order[place + 1], if place == 0 { MoveKind::Start } else { MoveKind::Advance }),
        };
        let step = Move {
            at,
            by: "Ada".to_owned(),
            agent: None,
            from: stage(from),
            to: stage(to),
            kind,
            why: None,
            signature: None,
        };
        moves.push(step);
        place = order.iter().position(|name| *name == to).unwrap_or(place);
        from = to;
        // One in twelve clocks is behind.
        at += Duration::seconds(if rng.u32(0..12) == 0 { -rng.i64(0..90_000) } else { rng.i64(0..200_000) });
    }
    moves
}

fn votes(rng: &mut Rng, moves: &[Move], window: &Window) -> Vec<ItemVote> {
    let mut votes = Vec::new();
    for _ in 0..rng.usize(0..6) {
        let near = if moves.is_empty() { moment(rng, window) } else { select(rng, moves).at };
        votes.push(ItemVote {
            role: select(rng, &["code-reviewer", "test-automator", "security-auditor", "nobody"]).to_owned(),
            verdict: Verdict::parse(select(
                rng,
                &["approved", "approved", "rejected", "withdrawn", "perhaps"],
            )),
            by: "Ken".to_owned(),
            at: near + Duration::seconds(rng.i64(0..100_000)),
            stage: stage(select(rng, &["qa", "qa", "sec", "dev"])),
            round: 1,
        });
    }
    votes
}

fn finding(rng: &mut Rng, window: &Window) -> ItemFinding {
    let opened = moment(rng, window);
    let state = FindingState::parse(select(rng, &["open", "fixed", "resolved", "waived", "odd"]));
    ItemFinding {
        severity: FindingSeverity::parse(select(
            rng,
            &["critical", "high", "medium", "low", "info", "nasty"],
        )),
        role: "security-auditor".to_owned(),
        opened,
        resolved: (state != FindingState::Open).then(|| opened + Duration::seconds(rng.i64(0..500_000))),
        state,
    }
}

fn scope(rng: &mut Rng, items: &[Item], window: &Window) -> Scope {
    let ids: Vec<TaskId> =
        items.iter().map(|item| item.id.clone()).chain([TaskId::parse("TASK-GONE").unwrap()]).collect();
    let committed: Vec<Commitment> = ids
        .iter()
        .filter_map(|id| match rng.u32(0..3) {
            0 => None,
            _ => Some(Commitment { task: id.clone(), estimate: minutes(rng) }),
        })
        .collect();
    let change = |rng: &mut Rng| ScopeChange {
        at: moment(rng, window).max(window.from),
        task: select(rng, &ids),
        change: match rng.u32(0..3) {
            0 => ScopeChangeKind::Added(minutes(rng)),
            1 => ScopeChangeKind::Removed,
            _ => ScopeChangeKind::Estimated(minutes(rng)),
        },
    };
    let changes = (0..rng.usize(0..12)).map(|_| change(rng)).collect();
    let day = |at| window.calendar.day_of(at);
    let days = (day(window.from), day(window.to));
    Scope { started: window.from, days, committed, changes, capacity: None, blackout: BTreeSet::new() }
}

fn task_file(item: &Item) -> String {
    let mut text = format!("---\nid: {}\ntitle: 'Task \"quoted\": {}'\n", item.id, item.id);
    for (key, value) in [("type", &item.kind), ("assignee", &item.assignee)] {
        if let Some(value) = value {
            writeln!(text, "{key}: {value}").unwrap();
        }
    }
    text.push_str(&optional("estimate: ", item.estimate));
    writeln!(text, "\ncreated: 2026-11-11\nstage: {}", item.stage).unwrap();
    if item.cancelled {
        text.push_str("cancelled: duplicate of TASK-0001, \"which\" came first\n");
    }
    writeln!(text, "{}", optional("spent: ", item.spent)).unwrap();
    if !item.moves.is_empty() {
        text.push_str("history:\n");
    }
    for step in &item.moves {
        let kind = step.kind.key().map_or_else(String::new, |word| format!(", kind: {word}"));
        let at = time(step.at);
        let why = r#", why: "so, {that} [is] it: \"yes\"""#;
        writeln!(text, "  - {{at: {at}, by: Ada, from: {}, to: {}{kind}{why}}}", step.from, step.to).unwrap();
    }
    text.push_str("---\n\n## Description\n\nhistory: no\n");
    text
}

fn write_votes(item: &Item, root: &Path) {
    let folder = root.join(format!("signoffs/{}", item.id));
    fs::create_dir_all(&folder).unwrap();
    for (at, vote) in item.votes.iter().enumerate() {
        let text = format!(
            "task: {}\nrole: {}\nverdict: {}\nby: {} <ken@example.com>\nat: {}\nstage: {}\nround: {}\nnotes: |\n  \
             fine: yes\n  role: none\n",
            item.id,
            vote.role,
            vote.verdict,
            vote.by,
            time(vote.at),
            vote.stage,
            vote.round
        );
        fs::write(folder.join(format!("{at:04}.yaml")), text).unwrap();
    }
}

fn write_findings(item: &Item, root: &Path) {
    let folder = root.join(format!("findings/{}", item.id));
    fs::create_dir_all(&folder).unwrap();
    for (at, finding) in item.findings.iter().enumerate() {
        let mut text = format!(
            "id: F{at}\ntask: {}\nrole: {}\nseverity: {}\ntitle: \"token: logged\"\nby: Ken <ken@example.com>\nat: {}\n",
            item.id,
            finding.role,
            finding.severity,
            time(finding.opened)
        );
        if let Some(resolved) = finding.resolved {
            let state = &finding.state;
            text.push_str("resolutions:\n");
            writeln!(text, "  - {{at: {}, by: Ken <ken@example.com>, to: {state}, why: ok}}", time(resolved))
                .unwrap();
        }
        fs::write(folder.join(format!("F{at}.yaml")), text).unwrap();
    }
}
