//! What `.tracker/config.toml` says: project, pipeline, stages, types, roles, hooks, policy, reports.

use std::collections::BTreeMap;

use super::{
    Advance, Budgets, ConfigName, DirectorRule, Executor, HookRules, PlanRules, PolicyRules, Problem,
    RecordKind, Requirement, Role, RoleRules, SprintRules, Stage, StageRules, SyncRemote, Trigger, Webhook,
    WorkerType,
};

/// How new ids are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdScheme {
    /// Random characters: two clones that create tasks at once do not collide.
    #[default]
    Random,
    /// Numbers in a row, for those who want them.
    Sequential,
}

/// The stages between `none` and `complete`, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Names of the stages, in order.
    pub stages: Vec<Stage>,
}

/// What one task type changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeRules {
    /// The stages of this type's own pipeline, where it has one.
    pub stages: Option<Vec<Stage>>,
    /// Globs of the files that a task of this type may change without the sign-offs of the stages that it skips.
    pub paths: Vec<String>,
}

/// Settings of reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportSettings {
    /// Title of the task-cards document.
    pub title: Option<String>,
    /// Days of every week on which nobody works.
    pub days_off: Vec<chrono::Weekday>,
    /// Other days on which nobody works.
    pub holidays: Vec<chrono::NaiveDate>,
    /// The commands that run the project, for whoever takes it over.
    pub run: Vec<String>,
    /// The commands that test it.
    pub test: Vec<String>,
}

/// Settings of the workflows that `init --ci` writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CiSettings {
    /// The shell command that installs the program on a runner.
    pub install: Option<String>,
}

/// The configuration of one tracker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Version of the file format.
    pub format: u32,
    /// Name of the project, for reports.
    pub project: Option<String>,
    /// What new ids begin with.
    pub id_prefix: String,
    /// How new ids are made.
    pub id_scheme: IdScheme,
    /// The pipeline of tasks whose type has none of its own.
    pub pipeline: Pipeline,
    /// What stages require, by name.
    pub stages: BTreeMap<String, StageRules>,
    /// What task types change, by name.
    pub types: BTreeMap<String, TypeRules>,
    /// The rules of roles, by name.
    pub roles: BTreeMap<String, RoleRules>,
    /// The commands that do the work of stages and roles, by name.
    pub executors: BTreeMap<String, Executor>,
    /// What workers do, by the name of their type.
    pub workers: BTreeMap<String, WorkerType>,
    /// What is started when something happens, in the file's order.
    pub triggers: Vec<Trigger>,
    /// Where events are sent, by name.
    pub webhooks: BTreeMap<String, Webhook>,
    /// Other trackers that this one is synchronised with, by name.
    pub sync: BTreeMap<String, SyncRemote>,
    /// Settings of the git hooks.
    pub hooks: HookRules,
    /// Which votes count and which findings block.
    pub policy: PolicyRules,
    /// Settings of reports.
    pub reports: ReportSettings,
    /// What is done about sprints.
    pub sprints: SprintRules,
    /// Who approves plans, and how often their tasks are tried.
    pub plans: PlanRules,
    /// Settings of the workflows that `init --ci` writes.
    pub ci: CiSettings,
    /// What the director looks at, in the file's order.
    pub director: Vec<DirectorRule>,
    /// What tasks and sprints may cost.
    pub budgets: Budgets,
    /// Tasks, sprints and types that budgets and rules of the director name.
    pub names: Vec<ConfigName>,
    /// What is written and cannot be meant, such as a role that no table defines. The rest can be read and moves tasks;
    /// what hangs on such a line is granted to nobody, and `doctor` and `check` report it as errors.
    pub errors: Vec<Problem>,
    /// Those of the errors whose lines are not read, such as a misspelt key: what they would require is required by nobody.
    pub unread: Vec<Problem>,
}

static NO_RULES: StageRules =
    StageRules { signoffs: Vec::new(), on_fail: None, advance: Advance::Auto, requires: Vec::new() };
static NO_ROLE: RoleRules = RoleRules::NONE;

impl Config {
    /// The format this program writes and the newest it reads.
    pub const FORMAT: u32 = 2;
    /// The format of a configuration that does not say.
    pub const UNSAID_FORMAT: u32 = 1;

    /// Says why nothing may be written to a tracker of this format; none where it may.
    #[must_use]
    pub fn write_problem(&self) -> Option<Problem> {
        (self.format != Self::FORMAT).then(|| {
            let message = format!("a tracker of format {} is read and not written", self.format);
            let problem = Problem::error(message).on_key("format").in_file(RecordKind::Config.file());
            problem.with_hint("tracker doctor --fix --upgrade")
        })
    }

    /// Returns the stages that a task of this type goes through, without `none` and `complete`.
    #[must_use]
    pub fn stages_of(&self, kind: Option<&str>) -> &[Stage] {
        kind.and_then(|kind| self.types.get(kind))
            .and_then(|rules| rules.stages.as_deref())
            .unwrap_or(&self.pipeline.stages)
    }

    /// Returns the stages that a task of this type goes through, from `none` to `complete`.
    pub fn all_stages_of(&self, kind: Option<&str>) -> impl Iterator<Item = Stage> {
        let between = self.stages_of(kind).iter().cloned();
        [Stage::none()].into_iter().chain(between).chain([Stage::complete()])
    }

    /// Returns the roles whose sign-off a stage requires.
    #[must_use]
    pub fn signoffs_of(&self, stage: &str) -> &[String] {
        &self.rules_of(stage).signoffs
    }

    /// Returns what a stage requires; nothing where the configuration does not say.
    #[must_use]
    pub fn rules_of(&self, stage: &str) -> &StageRules {
        self.stages.get(stage).unwrap_or(&NO_RULES)
    }

    /// Whether a task leaves a stage only with evidence.
    #[must_use]
    pub fn requires_evidence(&self, stage: &str) -> bool {
        self.rules_of(stage).requires.contains(&Requirement::Evidence)
    }

    /// Returns the names of all roles that stages require or that have rules, sorted.
    #[must_use]
    pub fn role_names(&self) -> Vec<&str> {
        let asked = self.stages.values().flat_map(|rules| &rules.signoffs);
        let mut names: Vec<&str> = self.roles.keys().chain(asked).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns a role; one that no table defines requires one approval, which nobody can give.
    #[must_use]
    pub fn role<'c>(&'c self, name: &'c str) -> Role<'c> {
        let rules = self.roles.get(name);
        Role { name, is_defined: rules.is_some(), rules: rules.unwrap_or(&NO_ROLE) }
    }

    /// Returns the stages of the pipeline that a type leaves out, with the roles that sign off there and in none of the
    /// type's own stages.
    #[must_use]
    pub fn skipped_signoffs(&self, kind: &str) -> Vec<(&Stage, Vec<&str>)> {
        let own = self.stages_of(Some(kind));
        let signs =
            |stage: &Stage, role: &str| self.signoffs_of(stage.as_str()).iter().any(|name| name == role);
        let skipped = self.pipeline.stages.iter().filter(|stage| !own.contains(stage));
        let unsigned = |stage: &'_ Stage| -> Vec<&str> {
            let roles = self.signoffs_of(stage.as_str()).iter().map(String::as_str);
            roles.filter(|role| !own.iter().any(|own| signs(own, role))).collect()
        };
        skipped.map(|stage| (stage, unsigned(stage))).filter(|(_, roles)| !roles.is_empty()).collect()
    }

    /// Returns the stage that a failure sends a task to: `on_fail` where that is before the stage in the
    /// pipeline of this type, else the pipeline's first stage. None for a stage that the pipeline does not have.
    #[must_use]
    pub fn on_fail_of(&self, kind: Option<&str>, stage: &Stage) -> Option<Stage> {
        let stages = self.stages_of(kind);
        let at = stages.iter().position(|own| own == stage)?;
        let target = self.rules_of(stage.as_str()).on_fail.as_ref();
        let earlier = target.filter(|target| target.is_none() || stages[..at].contains(target));
        earlier.or_else(|| stages.first()).cloned()
    }

    /// Returns the stage after one in the pipeline of this type. None for `complete` and for a stage that the
    /// pipeline does not have.
    #[must_use]
    pub fn stage_after(&self, kind: Option<&str>, stage: &Stage) -> Option<Stage> {
        let stages = self.stages_of(kind);
        let next = if stage.is_none() { 0 } else { stages.iter().position(|own| own == stage)? + 1 };
        Some(stages.get(next).cloned().unwrap_or_else(Stage::complete))
    }
}

impl Default for Config {
    fn default() -> Self {
        let stage = |name: &str| Stage::parse(name).expect("a literal stage name is valid");
        Self {
            format: Self::FORMAT,
            project: None,
            id_prefix: "TASK".to_owned(),
            id_scheme: IdScheme::Random,
            pipeline: Pipeline { stages: ["dev", "qa", "sec", "docs"].into_iter().map(stage).collect() },
            stages: BTreeMap::new(),
            types: BTreeMap::new(),
            roles: BTreeMap::new(),
            executors: BTreeMap::new(),
            workers: BTreeMap::new(),
            triggers: Vec::new(),
            webhooks: BTreeMap::new(),
            sync: BTreeMap::new(),
            hooks: HookRules::default(),
            policy: PolicyRules::default(),
            reports: ReportSettings::default(),
            sprints: SprintRules::default(),
            plans: PlanRules::default(),
            ci: CiSettings::default(),
            director: Vec::new(),
            budgets: Budgets::default(),
            names: Vec::new(),
            errors: Vec::new(),
            unread: Vec::new(),
        }
    }
}
