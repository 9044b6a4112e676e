//! The keys: one table, which the help in the view, the last line of the screen and `tracker help tui` show.

/// A key, or several that belong together, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyRow {
    pub(super) keys: &'static str,
    pub(super) what: &'static str,
    /// Whether the last line of the screen has it.
    pub(super) is_usual: bool,
}

const fn usual(keys: &'static str, what: &'static str) -> KeyRow {
    KeyRow { keys, what, is_usual: true }
}

const fn rare(keys: &'static str, what: &'static str) -> KeyRow {
    KeyRow { keys, what, is_usual: false }
}

/// In lists of tasks.
pub(super) const LIST: [KeyRow; 4] = [
    usual("enter", "open"),
    usual("/", "filter"),
    rare("h l, ← →", "other column of the board"),
    rare("esc", "drop the filter"),
];

/// In other lists.
pub(super) const TABLE: [KeyRow; 3] =
    [usual("enter", "open"), usual("/", "filter"), rare("l", "log of a run")];

/// In a task.
pub(super) const TASK: [KeyRow; 5] = [
    usual("a", "approve"),
    usual("r", "reject"),
    usual("space", "tick or untick the selected checkbox"),
    rare("enter", "open the selected task, or tick"),
    rare("[ ]", "section before, section after"),
];

/// In a page.
pub(super) const PAGE: [KeyRow; 3] = [
    usual("enter", "open the task that the selected line names"),
    rare("l", "log of the selected step of a run"),
    rare(
        "a r x t p",
        "a plan or run: approve, reject, execute or cancel, retry, pause; you complete the command",
    ),
];

/// Of a task, wherever one is selected.
pub(super) const ANY_TASK: [KeyRow; 6] = [
    usual("s", "start"),
    usual("m", "move on to the next stage"),
    usual("f", "fail, with a reason"),
    usual("n", "note"),
    usual("e", "edit in your editor"),
    rare("a r", "approve, reject; a list opens the task first"),
];

/// Everywhere.
pub(super) const EVERYWHERE: [KeyRow; 13] = [
    rare("j k, ↓ ↑", "down, up; also wheel and click"),
    rare("g G", "first, last"),
    rare("ctrl-d ctrl-u", "half a page down, up"),
    rare("1 … 7, tab", "views"),
    rare("esc, backspace", "back"),
    usual("c", "create a task"),
    usual("u", "undo the last write"),
    rare(":", "any command, as in `:log 7q2m`, or a view"),
    rare("R", "read again"),
    rare("ctrl-l", "draw again"),
    rare("ctrl-z", "suspend"),
    usual("?", "help"),
    usual("q", "quit"),
];

/// Returns all keys by where they are for, as lines of a help page.
pub(crate) fn help() -> String {
    let groups: [(&str, &[KeyRow]); 6] = [
        ("Everywhere", &EVERYWHERE),
        ("Lists of tasks", &LIST),
        ("Other lists", &TABLE),
        ("A task", &TASK),
        ("Wherever a task is selected", &ANY_TASK),
        ("Pages", &PAGE),
    ];
    let line = |row: &KeyRow| format!("  {:16} {}\n", row.keys, row.what);
    let group = |(name, rows): (&str, &[KeyRow])| {
        let lines: String = rows.iter().map(line).collect();
        format!("{name}\n{lines}")
    };
    groups.map(group).join("\n").trim_end().to_owned()
}
