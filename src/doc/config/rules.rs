//! What the tables of the configuration say: stages and types, roles, hooks, the policy and its gate.

use std::collections::HashSet;
use std::ops::Range;

use chrono::{NaiveDate, Weekday};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::members::is_key;
use super::{Reader, Value, expected, not_a_role, not_a_stage};
use crate::doc::printable::printable;
use crate::model::{
    Advance, Blocking, CloseStep, Config, EvidenceLevel, GateCommand, GateRule, GateRules, HookRules, Level,
    OnCommit, PolicyRules, RecordKind, RecordPath, ReportSettings, Requirement, ScoreRubric, SelfApproval,
    Signatures, SprintRules, Stage, StageRules, Standard, TypeRules, check_glob, fold_file_name,
    is_in_tracker, is_role_name, nearest,
};

impl Reader<'_> {
    pub(super) fn stage_rules(&mut self, path: &str, value: &Value<'_>) -> StageRules {
        let mut rules = StageRules::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "signoffs" => rules.signoffs = reader.roles(path, value),
            "on_fail" => rules.on_fail = reader.target(path, value),
            "advance" => {
                let known = [("auto", Advance::Auto), ("manual", Advance::Manual)];
                rules.advance = reader.word(path, value, &known).unwrap_or_default();
            }
            "requires" => rules.requires = reader.requirements(path, value),
            _ => reader.unknown(path, key, &["signoffs", "on_fail", "advance", "requires"]),
        });
        rules
    }

    fn roles(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let mut roles: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for (text, span) in self.texts(path, value) {
            if !is_role_name(&text) {
                self.error(span, path, not_a_role(&text), None);
            } else if !seen.insert(text.clone()) {
                let hint = "name each role once; how many people must approve is the role's `quorum`";
                self.error(span, path, format!("`{text}` is there twice"), Some(hint));
            } else {
                roles.push(text);
            }
        }
        roles
    }

    fn requirements(&mut self, path: &str, value: &Value<'_>) -> Vec<Requirement> {
        let known = Requirement::ALL.map(|requirement| (requirement.as_str(), requirement));
        let mut requires = Vec::new();
        for (text, span) in self.texts(path, value) {
            requires
                .extend(self.word_of(path, &text, span, &known).filter(|found| !requires.contains(found)));
        }
        requires
    }

    /// Reads the stage that a failure sends a task to.
    fn target(&mut self, path: &str, value: &Value<'_>) -> Option<Stage> {
        let text = self.text(path, value)?;
        match Stage::parse(&text) {
            None => self.error(value.span(), path, not_a_stage(&text), None),
            Some(stage) if stage.is_complete() => {
                self.error(value.span(), path, "a failure completes nothing".to_owned(), None);
            }
            Some(stage) => return Some(stage),
        }
        None
    }

    pub(super) fn type_rules(&mut self, path: &str, value: &Value<'_>) -> TypeRules {
        let mut rules = TypeRules::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "stages" => rules.stages = Some(reader.stages(path, value)),
            "paths" => rules.paths = reader.globs(path, value),
            _ => reader.unknown(path, key, &["stages", "paths"]),
        });
        rules
    }

    pub(super) fn sprint_rules(&mut self, value: &Value<'_>) -> SprintRules {
        const KEYS: [&str; 7] =
            ["documentation", "steps", "evidence", "history", "documents", "per_person", "scores"];
        let mut rules = SprintRules::default();
        self.table("sprints", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "documentation" => rules.documentation = reader.text(path, value).unwrap_or_default(),
            "steps" => {
                let known = CloseStep::ALL.map(|step| (step.as_str(), step));
                let texts = reader.texts(path, value).into_iter();
                let read = texts.filter_map(|(text, span)| reader.word_of(path, &text, span, &known));
                rules.steps = read.collect();
            }
            "evidence" => {
                let known = [("tests", "tests"), ("coverage", "coverage")];
                let texts = reader.texts(path, value).into_iter();
                let read = texts.filter_map(|(text, span)| reader.word_of(path, &text, span, &known));
                rules.evidence = read.map(str::to_owned).collect();
            }
            "history" => rules.history = reader.file_below_top(path, value),
            "documents" => {
                let texts = reader.texts(path, value).into_iter();
                let read = texts.filter_map(|(text, span)| reader.below_top(path, text, span));
                rules.documents = read.collect();
            }
            "per_person" => rules.per_person = reader.switch(path, value).unwrap_or_default(),
            "scores" => rules.scores = reader.scores(path, value),
            _ => reader.unknown(path, key, &KEYS),
        });
        rules
    }

    /// Reads `scores = true`, or a table of what differs from the usual.
    fn scores(&mut self, path: &str, value: &Value<'_>) -> Option<ScoreRubric> {
        const KEYS: [&str; 6] =
            ["delivery", "quality", "collaboration", "documentation", "grades", "answer_within"];
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            return self.switch(path, value).unwrap_or_default().then(ScoreRubric::default);
        }
        let mut rubric = ScoreRubric::default();
        self.table(path, value, |reader, path, key, value| {
            let name = key.get_ref().as_ref();
            match name {
                "grades" => rubric.grades = reader.grades(path, value).unwrap_or(rubric.grades),
                "answer_within" => {
                    rubric.answer_within = reader.count(path, value).unwrap_or(rubric.answer_within);
                }
                _ => match KEYS[..4].iter().position(|own| *own == name) {
                    Some(at) => rubric.weights[at] = reader.count_or_none(path, value).unwrap_or(1),
                    None => reader.unknown(path, key, &KEYS),
                },
            }
        });
        Some(rubric)
    }

    /// Reads what the grades A to D require: four falling percentages.
    fn grades(&mut self, path: &str, value: &Value<'_>) -> Option<[u32; 4]> {
        let items = if let DeValue::Array(items) = value.get_ref() { &items[..] } else { &[] };
        let read: Vec<u32> =
            items.iter().filter_map(|item| integer(item).filter(|number| *number <= 100)).collect();
        let grades = <[u32; 4]>::try_from(read).ok().filter(|grades| grades.is_sorted_by(|a, b| a > b));
        if grades.is_none() || items.len() != 4 {
            self.error(value.span(), path, expected("four falling percentages", value), None);
            return None;
        }
        grades
    }

    /// Reads a number from 0.
    fn count_or_none(&mut self, path: &str, value: &Value<'_>) -> Option<u32> {
        let number = integer(value);
        if number.is_none() {
            self.error(value.span(), path, expected("a number from 0", value), None);
        }
        number
    }

    fn file_below_top(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        self.below_top(path, text, value.span())
    }

    /// Takes the path of a file that a command may write: below the top of the working tree, and nothing of git's.
    fn below_top(&mut self, path: &str, text: String, span: Range<usize>) -> Option<String> {
        let is_odd = |part: &str| {
            part.is_empty()
                || matches!(part, "." | "..")
                || part.eq_ignore_ascii_case(".git")
                || part.contains('\\')
        };
        if text.split('/').any(is_odd) || text.contains(char::is_control) {
            let message = format!("`{}` is no file below the top of the working tree", printable(&text));
            self.error(span, path, message, Some("write a path such as `docs/SPRINT_HISTORY.md`"));
            return None;
        }
        let is_history =
            || RecordPath::parse(&text).is_some_and(|own| own.kind() == RecordKind::SprintHistory);
        if is_in_tracker(&fold_file_name(&text)) && !is_history() {
            let message = format!("`{text}` lies among the records of the tracker");
            self.error(span, path, message, Some("name a file elsewhere, such as `docs/STATUS.md`"));
            return None;
        }
        Some(text)
    }

    pub(super) fn stages(&mut self, path: &str, value: &Value<'_>) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        let mut seen = HashSet::new();
        for (text, span) in self.texts(path, value) {
            match Stage::parse(&text) {
                None => self.error(span, path, not_a_stage(&text), None),
                Some(stage) if stage.is_none() || stage.is_complete() => {
                    let hint = "every pipeline begins at `none` and ends at `complete`; leave the two out";
                    self.error(span, path, format!("`{stage}` is not for a pipeline to name"), Some(hint));
                }
                Some(stage) if !seen.insert(stage.to_string()) => {
                    self.error(span, path, format!("`{stage}` is there twice"), Some("name each stage once"));
                }
                Some(stage) => stages.push(stage),
            }
        }
        stages
    }

    /// Reports roles that something requires and that no table defines: nobody may sign for them.
    pub(super) fn check_roles(&mut self, table: &DeTable<'_>, config: &Config) {
        let mut named = Vec::new();
        if let Some(DeValue::Table(stages)) = table.get("stage").map(Spanned::get_ref) {
            for (key, value) in stages {
                let listed = value.get_ref().get("signoffs").and_then(|found| found.get_ref().as_array());
                let path = format!("stage.{}.signoffs", key.get_ref());
                named.extend(listed.into_iter().flatten().map(|item| (path.clone(), item)));
            }
        }
        let policy = table.get("policy").and_then(|policy| policy.get_ref().as_table());
        let owners = policy.and_then(|policy| policy.get("owners"));
        named.extend(owners.map(|item| ("policy.owners".to_owned(), item)));
        for (path, item) in named {
            let Some(name) = item.get_ref().as_str().filter(|name| !config.roles.contains_key(*name)) else {
                continue;
            };
            let message =
                format!("unknown role `{}`: no table defines it, so nobody may sign", printable(name));
            let hint = match nearest(name, config.roles.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add a table: [roles.{}]", printable(name)),
            };
            self.misfit(item.span(), &path, message, hint);
        }
    }

    /// Reports members that are named and not addressed where votes are signed: a signature proves an address.
    pub(super) fn check_members(&mut self, table: &DeTable<'_>, config: &Config) {
        if config.policy.signatures == Signatures::Off {
            return;
        }
        let Some(DeValue::Table(roles)) = table.get("roles").map(Spanned::get_ref) else { return };
        for (key, value) in roles {
            let members = value.get_ref().get("members").and_then(|found| found.get_ref().as_array());
            for item in members.into_iter().flatten() {
                let is_name = |name: &&str| !name.contains('@') && *name != "*" && !is_key(name);
                let Some(name) = item.get_ref().as_str().filter(is_name) else {
                    continue;
                };
                let message = format!("`{}` is no address, and a signature proves no name", printable(name));
                let path = format!("roles.{}.members", key.get_ref());
                self.misfit(
                    item.span(),
                    &path,
                    message,
                    "write the address, such as `ada@example.com`, or the key: `ssh-ed25519 AAAA…`",
                );
            }
        }
    }

    /// Reports types whose stages leave out sign-offs that the pipeline requires, and that do not say for which files:
    /// whoever chooses the type would choose to be reviewed by nobody.
    pub(super) fn check_types(&mut self, table: &DeTable<'_>, config: &Config) {
        let Some(DeValue::Table(types)) = table.get("types").map(Spanned::get_ref) else { return };
        for (key, value) in types {
            let name = key.get_ref();
            let is_limited = config.types.get(name.as_ref()).is_some_and(|rules| !rules.paths.is_empty());
            let skipped = config.skipped_signoffs(name);
            let Some((stage, roles)) = skipped.first().filter(|_| !is_limited) else { continue };
            let message = format!("skips `{stage}`, where {} must sign off", roles.join(" and "));
            let span = value.get_ref().get("stages").map_or(key.span(), Spanned::span);
            let hint = "say which files such a task may change: paths = [\"docs/**\"]";
            self.misfit(span, &format!("types.{}.stages", printable(name)), message, hint);
        }
    }

    /// Reports a stage to be reached before a merge that no pipeline has: nothing could be merged.
    fn check_merge_stage(&mut self, table: &DeTable<'_>, config: &Config, pipelines: &[&[Stage]]) {
        let Some(stage) = &config.policy.gate.merge_stage else { return };
        let known = pipelines.iter().copied().flatten().map(Stage::as_str);
        if stage.is_none() || stage.is_complete() || known.clone().any(|own| own == stage.as_str()) {
            return;
        }
        let policy = table.get("policy").map(Spanned::get_ref);
        let Some(item) = policy.and_then(|policy| policy.get("merge_stage")) else { return };
        let hint = match nearest(stage.as_str(), known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name a stage of the pipeline, or `complete`".to_owned(),
        };
        let message = format!("unknown stage `{stage}`: no pipeline has it");
        self.misfit(item.span(), "policy.merge_stage", message, hint);
    }

    /// Warns of rules for stages that no pipeline has, and refuses a failure that leads forward.
    pub(super) fn check_stages(&mut self, table: &DeTable<'_>, config: &Config) {
        let typed = config.types.values().filter_map(|rules| rules.stages.as_deref());
        let pipelines: Vec<&[Stage]> = typed.chain([config.pipeline.stages.as_slice()]).collect();
        self.check_merge_stage(table, config, &pipelines);
        let Some(DeValue::Table(stages)) = table.get("stage").map(Spanned::get_ref) else { return };
        for (key, value) in stages {
            let name = key.get_ref().as_ref();
            let path = format!("stage.{name}");
            let positions: Vec<(&[Stage], usize)> = pipelines
                .iter()
                .filter_map(|stages| Some((*stages, stages.iter().position(|stage| stage.as_str() == name)?)))
                .collect();
            if positions.is_empty() {
                if Stage::parse(name).is_some() {
                    let all = pipelines.iter().flat_map(|stages| stages.iter().map(Stage::as_str));
                    let message = format!("unknown stage `{name}`: no pipeline has it");
                    match nearest(name, all) {
                        Some(meant) => {
                            self.unread(key.span(), &path, message, format!("did you mean `{meant}`?"));
                        }
                        None => self.warn(key.span(), &path, message),
                    }
                }
                continue;
            }
            let Some(target) = config.rules_of(name).on_fail.as_ref().filter(|stage| !stage.is_none()) else {
                continue;
            };
            if !positions.iter().any(|(stages, at)| stages[..*at].contains(target)) {
                let span = value.get_ref().get("on_fail").map_or(key.span(), Spanned::span);
                let hint = "a failure sends a task back; leave `on_fail` out for the pipeline's first stage";
                let message = format!("`{target}` comes before `{name}` in no pipeline");
                self.error(span, &format!("{path}.on_fail"), message, Some(hint));
            }
        }
    }
}

impl Reader<'_> {
    pub(super) fn hook_rules(&mut self, value: &Value<'_>) -> HookRules {
        let mut rules = HookRules::default();
        self.table("hooks", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "on_commit" => {
                let known = [("fold", OnCommit::Fold), ("stage", OnCommit::Stage), ("off", OnCommit::Off)];
                rules.on_commit = reader.word(path, value, &known).unwrap_or_default();
            }
            "pre_push" => rules.pre_push = reader.switch(path, value).unwrap_or_default(),
            "pre_receive" => rules.pre_receive = reader.globs(path, value),
            _ => reader.unknown(path, key, &["on_commit", "pre_push", "pre_receive"]),
        });
        rules
    }

    pub(super) fn report_settings(&mut self, value: &Value<'_>) -> ReportSettings {
        let mut settings = ReportSettings::default();
        self.table("reports", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "title" => settings.title = reader.text(path, value),
            "days_off" => settings.days_off = reader.weekdays(path, value),
            "holidays" => settings.holidays = reader.days(path, value),
            "run" => settings.run = reader.lines(path, value),
            "test" => settings.test = reader.lines(path, value),
            _ => reader.unknown(path, key, &["title", "days_off", "holidays", "run", "test"]),
        });
        settings
    }

    fn lines(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        self.texts(path, value).into_iter().map(|(text, _)| text).collect()
    }

    fn weekdays(&mut self, path: &str, value: &Value<'_>) -> Vec<Weekday> {
        let known = [
            ("mon", Weekday::Mon),
            ("tue", Weekday::Tue),
            ("wed", Weekday::Wed),
            ("thu", Weekday::Thu),
            ("fri", Weekday::Fri),
            ("sat", Weekday::Sat),
            ("sun", Weekday::Sun),
        ];
        let texts = self.texts(path, value);
        texts.into_iter().filter_map(|(text, span)| self.word_of(path, &text, span, &known)).collect()
    }

    /// Reads days, as TOML writes them or as texts.
    fn days(&mut self, path: &str, value: &Value<'_>) -> Vec<NaiveDate> {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(value.span(), path, expected("a list of days", value), None);
            return Vec::new();
        };
        let mut days = Vec::new();
        for item in items {
            let text = match item.get_ref() {
                DeValue::Datetime(day) => day.to_string(),
                other => other.as_str().unwrap_or_default().to_owned(),
            };
            match text.parse() {
                Ok(day) => days.push(day),
                Err(_) => {
                    self.error(item.span(), path, "expected a day such as `2026-12-25`".to_owned(), None);
                }
            }
        }
        days
    }

    pub(super) fn policy_rules(&mut self, value: &Value<'_>) -> PolicyRules {
        let mut rules = PolicyRules::default();
        self.table("policy", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "self_approval" => {
                let known = [("allow", SelfApproval::Allow), ("forbid", SelfApproval::Forbid)];
                rules.self_approval = reader.word(path, value, &known).unwrap_or_default();
            }
            "blocking_severity" => {
                let known = Blocking::ALL.map(|blocking| (blocking.as_str(), blocking));
                rules.blocking_severity = reader.word(path, value, &known).unwrap_or_default();
            }
            "signatures" => {
                let known =
                    [("off", Signatures::Off), ("warn", Signatures::Warn), ("require", Signatures::Require)];
                rules.signatures = reader.word(path, value, &known).unwrap_or_default();
            }
            "evidence" => {
                let known = EvidenceLevel::ALL.map(|level| (level.as_str(), level));
                rules.evidence = reader.word(path, value, &known).unwrap_or(EvidenceLevel::Signed);
            }
            "agents" => rules.agents.extend(reader.patterns(path, value)),
            name if reader.gate_key(&mut rules.gate, path, name, value) => {}
            _ => reader.unknown(path, key, &policy_keys().collect::<Vec<_>>()),
        });
        rules
    }

    /// Reads a list of patterns. An empty one matches nothing and is a slip of the pen.
    pub(super) fn patterns(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let mut patterns = Vec::new();
        for (text, span) in self.texts(path, value) {
            if text.trim().is_empty() {
                self.error(span, path, "an item is empty".to_owned(), None);
            } else {
                patterns.push(text.trim().to_owned());
            }
        }
        patterns
    }

    /// Reads globs. One that cannot be read would select nothing: what it was to protect would be open to all.
    pub(super) fn globs(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let mut globs = Vec::new();
        for (text, span) in self.texts(path, value) {
            match check_glob(text.trim()) {
                Ok(()) => globs.push(text.trim().to_owned()),
                Err(error) => {
                    let message = format!("invalid glob `{}`: {error}", text.escape_debug());
                    self.error(span, path, message, Some("such as `src/**` or `*.md`"));
                }
            }
        }
        globs
    }

    pub(super) fn count(&mut self, path: &str, value: &Value<'_>) -> Option<u32> {
        let number = integer(value).filter(|&number| number > 0);
        if number.is_none() {
            self.error(value.span(), path, expected("a number from 1", value), None);
        }
        number
    }
}

fn integer(value: &Value<'_>) -> Option<u32> {
    value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok())
}

impl Reader<'_> {
    /// Reads a key of `[policy]` that is the gate's; false for one that is not.
    pub(super) fn gate_key(
        &mut self,
        rules: &mut GateRules,
        path: &str,
        key: &str,
        value: &Value<'_>,
    ) -> bool {
        match key {
            "owners" => rules.owners = self.role_name(path, value),
            "protect" => rules.protect = self.globs(path, value),
            "merge_stage" => rules.merge_stage = self.stage_name(path, value),
            "wip_limit" => rules.wip_limit = self.count(path, value),
            "standard" => rules.standards = self.list_of(path, value, Self::standard),
            "command" => rules.commands = self.list_of(path, value, Self::command),
            name => {
                let Some(rule) = GateRule::parse(name) else { return false };
                if let Some(level) = self.level(path, value) {
                    rules.levels.insert(rule, level);
                }
            }
        }
        true
    }

    fn level(&mut self, path: &str, value: &Value<'_>) -> Option<Level> {
        self.word(path, value, &Level::ALL.map(|level| (level.as_str(), level)))
    }

    fn role_name(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let name = self.text(path, value)?;
        if !is_role_name(&name) {
            self.error(value.span(), path, not_a_role(&name), None);
            return None;
        }
        Some(name)
    }

    fn stage_name(&mut self, path: &str, value: &Value<'_>) -> Option<Stage> {
        let name = self.text(path, value)?;
        let stage = Stage::parse(&name);
        if stage.is_none() {
            self.error(value.span(), path, not_a_stage(&name), None);
        }
        stage
    }

    /// Reads a list of tables, `[[…]]`.
    fn list_of<T>(
        &mut self,
        path: &str,
        value: &Value<'_>,
        read: impl Fn(&mut Self, &str, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let DeValue::Array(items) = value.get_ref() else {
            let hint = format!("write [[{path}]]");
            self.error(value.span(), path, expected("a list of tables", value), Some(&hint));
            return Vec::new();
        };
        let each = |(at, item)| read(self, &format!("{path}[{at}]"), item);
        items.iter().enumerate().filter_map(each).collect()
    }

    fn standard(&mut self, path: &str, value: &Value<'_>) -> Option<Standard> {
        let mut standard = Standard { when: Vec::new(), then: Vec::new(), level: Level::Warn, message: None };
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "when" => standard.when = reader.globs(path, value),
            "then" => standard.then = reader.globs(path, value),
            "level" => standard.level = reader.level(path, value).unwrap_or(Level::Error),
            "message" => standard.message = reader.text(path, value),
            _ => reader.unknown(path, key, &["when", "then", "level", "message"]),
        });
        let is_whole = !standard.when.is_empty() && !standard.then.is_empty();
        if !is_whole {
            let hint = "when = [\"src/**\"] and then = [\"tests/**\"]";
            self.error(value.span(), path, "a standard needs `when` and `then`".to_owned(), Some(hint));
        }
        is_whole.then_some(standard)
    }

    fn command(&mut self, path: &str, value: &Value<'_>) -> Option<GateCommand> {
        let (mut name, mut run, mut level) = (None, None, Level::Error);
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "name" => name = reader.text(path, value),
            "run" => run = reader.text(path, value),
            "level" => level = reader.level(path, value).unwrap_or(Level::Error),
            _ => reader.unknown(path, key, &["name", "run", "level"]),
        });
        match (name, run) {
            (Some(name), Some(run)) => Some(GateCommand { name, run, level }),
            _ => {
                let hint = "name = \"lint\" and run = \"make lint\"";
                self.error(value.span(), path, "a command needs `name` and `run`".to_owned(), Some(hint));
                None
            }
        }
    }
}

/// Returns the table that has a key, of those keys that only one kind of table has.
pub(super) fn home_of(key: &str) -> Option<&'static str> {
    match key {
        "signoffs" | "on_fail" | "advance" | "requires" => Some("[stage.NAME]"),
        "members" | "quorum" | "people_only" => Some("[roles.NAME]"),
        "on_commit" | "pre_push" | "pre_receive" => Some("[hooks]"),
        "days_off" | "holidays" => Some("[reports]"),
        "per_person" => Some("[sprints]"),
        "approvers" | "retries" => Some("[plans]"),
        "send_back" | "check" => Some("[[director.rule]]"),
        "detect" | "fix" | "exits" => Some("[workers.TYPE.tools.NAME]"),
        "pipeline" | "stage" | "types" | "roles" | "executors" | "workers" | "hooks" | "policy" => {
            Some("the top of the file")
        }
        key => policy_keys().any(|known| known == key).then_some("[policy]"),
    }
}

/// The keys of `[policy]`, the names of the gate's rules among them.
fn policy_keys() -> impl Iterator<Item = &'static str> {
    let own = ["self_approval", "blocking_severity", "signatures", "evidence", "agents"];
    let gate = ["owners", "protect", "merge_stage", "wip_limit", "standard", "command"];
    own.into_iter().chain(gate).chain(GateRule::ALL.map(GateRule::as_str))
}
