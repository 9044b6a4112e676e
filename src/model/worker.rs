//! Workers: what one watches, the tools that find and fix something, and what they may touch.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Cost, FindingSeverity, TaskId};

/// Where the work of a worker comes from, whenever its branch has new commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkerWatch {
    /// The files that the new commits changed.
    #[default]
    Commits,
    /// The target files of the tasks that a query selects.
    Tasks,
    /// The files that open findings name.
    Findings,
}

/// The form in which a tool reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerReport {
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// A list of findings in JSON.
    Json,
    /// The messages of `cargo … --message-format json`, a line each.
    Cargo,
    /// What `eslint --format json` prints.
    Eslint,
}

/// `[workers.TYPE]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerType {
    /// The branch; by default the one that others are usually merged into.
    pub branch: Option<String>,
    /// Where its work comes from.
    pub watch: Option<WorkerWatch>,
    /// Which tasks, where it watches tasks.
    pub query: Option<String>,
    /// Globs of the files that it may touch. Empty: all but the records.
    pub paths: Vec<String>,
    /// The tools that are used, in this order. None: all.
    pub tools_used: Option<Vec<String>>,
    /// The tools, by name.
    pub tools: BTreeMap<String, WorkerTool>,
    /// The rules of the repository's own, by number.
    pub rules: BTreeMap<String, WorkerTool>,
    /// A shell command that must succeed with the fixes, such as the tests.
    pub verify: Option<String>,
    /// The executor that fixes what its tools find and cannot fix.
    pub executor: Option<String>,
    /// The role whose instructions that executor is given.
    pub role: Option<String>,
    /// How often it is tried to fix something.
    pub attempts: Option<u32>,
    /// How long one command may take.
    pub timeout: Option<Duration>,
    /// The task that its commits are linked to.
    pub task: Option<TaskId>,
    /// What its rounds of one day may cost; at that it is paused.
    pub budget: Option<Cost>,
}

/// A tool of a worker. One without `detect` is a formatter: what it would change is what it finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerTool {
    /// The shell command that reports; the files are its arguments.
    pub detect: Option<String>,
    /// The shell command that fixes; the files are its arguments.
    pub fix: Option<String>,
    /// The form of the report.
    pub report: Option<WorkerReport>,
    /// Globs of the files that it is for. Empty: all.
    pub paths: Vec<String>,
    /// The exit codes of `detect` with which the report is whole. None: 0 and 1.
    pub exits: Option<Vec<u32>>,
    /// The rules that nobody fixes without a person.
    pub architectural: Vec<String>,
    /// Of a rule of the repository's own: what it finds in lines that were added, as an extended regular expression.
    pub pattern: Option<String>,
    /// Of such a rule: what it says.
    pub title: Option<String>,
    /// Of such a rule: how bad it is.
    pub severity: Option<FindingSeverity>,
}

/// How often it is tried, where nothing else is configured.
const ATTEMPTS: u32 = 3;
/// How long one command may take, where nothing else is configured.
const TIMEOUT: Duration = Duration::from_secs(300);

impl WorkerType {
    /// Returns this type with what another says put over it.
    #[must_use]
    pub fn with(mut self, over: &Self) -> Self {
        for (name, tool) in &over.tools {
            self.tools.insert(name.clone(), tool.clone());
        }
        for (id, rule) in &over.rules {
            self.rules.insert(id.clone(), rule.clone());
        }
        let adds = |used: Vec<String>| {
            let new: Vec<String> = over.tools.keys().filter(|name| !used.contains(name)).cloned().collect();
            [used, new].concat()
        };
        Self {
            branch: over.branch.clone().or(self.branch),
            watch: over.watch.or(self.watch),
            query: over.query.clone().or(self.query),
            paths: if over.paths.is_empty() { self.paths } else { over.paths.clone() },
            tools_used: over.tools_used.clone().or(self.tools_used.map(adds)),
            tools: self.tools,
            rules: self.rules,
            verify: over.verify.clone().or(self.verify),
            executor: over.executor.clone().or(self.executor),
            role: over.role.clone().or(self.role),
            attempts: over.attempts.or(self.attempts),
            timeout: over.timeout.or(self.timeout),
            task: over.task.clone().or(self.task),
            budget: over.budget.clone().or(self.budget),
        }
    }

    /// Returns the tools that are used, in their order, and then the rules by number.
    #[must_use]
    pub fn tools_in_order(&self) -> Vec<(&str, &WorkerTool)> {
        let mut rules: Vec<(&str, &WorkerTool)> =
            self.rules.iter().map(|(id, rule)| (id.as_str(), rule)).collect();
        rules.sort_by_key(|(id, _)| (id.parse::<u64>().unwrap_or(u64::MAX), *id));
        let mut tools = self.named_tools();
        tools.extend(rules);
        tools
    }

    /// Returns a tool or a rule by its name.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&WorkerTool> {
        self.tools.get(name).or_else(|| self.rules.get(name))
    }

    fn named_tools(&self) -> Vec<(&str, &WorkerTool)> {
        match &self.tools_used {
            Some(names) => names
                .iter()
                .filter_map(|name| self.tools.get_key_value(name))
                .map(|(name, tool)| (name.as_str(), tool))
                .collect(),
            None => self.tools.iter().map(|(name, tool)| (name.as_str(), tool)).collect(),
        }
    }

    /// Returns how often it is tried to fix something.
    #[must_use]
    pub fn most_attempts(&self) -> u32 {
        self.attempts.unwrap_or(ATTEMPTS).max(1)
    }

    /// Returns how long one command may take.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }
}

impl WorkerTool {
    /// Whether `detect` has reported as it should with this exit code.
    #[must_use]
    pub fn reports_with(&self, exit: i32) -> bool {
        match &self.exits {
            Some(exits) => u32::try_from(exit).is_ok_and(|exit| exits.contains(&exit)),
            None => matches!(exit, 0 | 1),
        }
    }
}

/// What a tool of a worker found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolFinding {
    /// The file.
    pub file: String,
    /// The tool, by its name in the configuration.
    pub tool: String,
    /// The rule; the name of the tool where it has none.
    pub rule: String,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// One line.
    pub title: String,
    /// How bad it is.
    pub rank: u8,
}

/// Whether a text can number a rule: letters, digits and `-`, and no name of a tool.
#[must_use]
pub fn is_rule_number(text: &str) -> bool {
    let is_valid = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    !text.is_empty()
        && text.len() <= 20
        && text.bytes().all(is_valid)
        && text.bytes().any(|c| c.is_ascii_digit())
}

/// Whether a text can name a worker or a type of workers: lowercase letters, digits and `-`, beginning with a letter.
#[must_use]
pub fn is_worker_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(fix: &str) -> WorkerTool {
        WorkerTool { fix: Some(fix.to_owned()), ..WorkerTool::default() }
    }

    #[test]
    fn what_is_configured_is_put_over_what_is_built_in() {
        let built_in = WorkerType {
            tools_used: Some(vec!["ruff".to_owned(), "black".to_owned()]),
            tools: [("black", "black"), ("ruff", "ruff")]
                .map(|(name, fix)| (name.to_owned(), tool(fix)))
                .into(),
            ..WorkerType::default()
        };
        let names = |kind: &WorkerType| -> Vec<String> {
            kind.tools_in_order()
                .iter()
                .map(|(name, tool)| format!("{name}={}", tool.fix.as_deref().unwrap()))
                .collect()
        };
        assert_eq!(names(&built_in.clone().with(&WorkerType::default())), ["ruff=ruff", "black=black"]);
        let own = WorkerType {
            tools: [("black", "mine"), ("zap", "zap")].map(|(name, fix)| (name.to_owned(), tool(fix))).into(),
            ..WorkerType::default()
        };
        assert_eq!(names(&built_in.clone().with(&own)), ["ruff=ruff", "black=mine", "zap=zap"]);
        let fewer = WorkerType { tools_used: Some(vec!["black".to_owned()]), ..WorkerType::default() };
        assert_eq!(names(&built_in.with(&fewer)), ["black=black"]);
    }

    #[test]
    fn names_are_names_of_folders_branches_and_claims() {
        for name in ["qa", "qa-2", "r2d2"] {
            assert!(is_worker_name(name), "{name}");
        }
        for name in ["", "QA", "2a", "a_b", "a-", "../a", "a b", "-a"] {
            assert!(!is_worker_name(name), "{name}");
        }
    }

    #[test]
    fn a_report_is_whole_with_the_exit_codes_that_say_so() {
        let tool = WorkerTool::default();
        assert!(
            tool.reports_with(0) && tool.reports_with(1) && !tool.reports_with(2) && !tool.reports_with(-1)
        );
        let cargo = WorkerTool { exits: Some(vec![0, 101]), ..tool };
        assert!(cargo.reports_with(101) && !cargo.reports_with(1));
    }
}
