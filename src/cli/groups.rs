//! The groups of commands in the help of the program.

/// The commands in groups, as the help of the program shows them.
const GROUPS: [(&str, &[&str]); 9] = [
    (
        "Every day",
        &[
            "status", "inbox", "list", "queue", "show", "board", "start", "tick", "note", "done", "undo",
            "tui",
        ],
    ),
    ("Tasks", &["new", "set", "assign", "tag", "edit", "deps", "log", "rm"]),
    ("Moves", &["stop", "advance", "fail", "untick", "block", "unblock", "cancel", "reopen", "set-stage"]),
    (
        "Review",
        &[
            "verify", "approve", "reject", "withdraw", "signoffs", "findings", "role", "review", "check",
            "explain", "diff", "merge", "apply",
        ],
    ),
    (
        "Plans and reports",
        &["plan", "sprint", "forecast", "cost", "report", "site", "import", "export", "sync"],
    ),
    ("Runs", &["run", "workflow"]),
    (
        "Several workers",
        &[
            "claim",
            "renew",
            "release",
            "claims",
            "land",
            "conflicts",
            "worker",
            "fleet",
            "escalations",
            "director",
        ],
    ),
    ("Set-up", &["init", "hooks", "doctor", "uninstall", "demo", "completions"]),
    (
        "Agents and programs",
        &["prime", "watch", "events", "serve", "mcp", "schema", "man", "reference", "help"],
    ),
];

/// Lists the commands in their groups, each with its summary and the names that do the same.
pub(super) fn groups_of(root: &clap::Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        text.push_str(&format!("{heading}:\n"));
        for name in names {
            let Some(command) = root.find_subcommand(name) else { continue };
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let aliases: Vec<&str> = command.get_visible_aliases().collect();
            let aliases = match aliases.as_slice() {
                [] => String::new(),
                aliases => format!(" [also: {}]", aliases.join(", ")),
            };
            text.push_str(&format!("  {name:<12} {about}{aliases}\n"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::GROUPS;
    use crate::cli::args::command;

    #[test]
    fn every_command_is_in_one_group() {
        let root = command();
        let shown = root.get_subcommands().filter(|command| !command.is_hide_set());
        let mut names: Vec<&str> = shown.map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        names.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, names);
    }
}
