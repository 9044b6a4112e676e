//! What each key of the configuration may hold.

use super::read_config;
use crate::model::{
    Advance, Blocking, Config, GateRule, IdScheme, Level, OnCommit, Requirement, SelfApproval, Signatures,
    Stage, StageRules,
};

fn problems(text: &str) -> Vec<(usize, String)> {
    let found = read_config(text.as_bytes());
    let all = found.map_or_else(|problems| problems, |(_, warnings)| warnings);
    all.into_iter().map(|problem| (problem.line.unwrap(), problem.message)).collect()
}

#[test]
fn reads_all_it_knows() {
    let text = "format = 2\nproject = \"Demo\"\nid_prefix = \"WH\"\nid_scheme = \"sequential\"\n\
                [pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.qa]\nsignoffs = [\"reviewer\"]\n\
                [types.docs]\nstages = [\"dev\"]\n[reports]\ntitle = \"Cards\"\n";
    let (config, warnings) = read_config(text.as_bytes()).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(config.project.as_deref(), Some("Demo"));
    assert_eq!((config.id_prefix.as_str(), config.id_scheme), ("WH", IdScheme::Sequential));
    assert_eq!(config.stages_of(Some("docs")).len(), 1);
    assert_eq!(config.stages_of(None).len(), 2);
    assert_eq!(config.signoffs_of("qa"), ["reviewer"]);
    assert_eq!(config.reports.title.as_deref(), Some("Cards"));
    assert_eq!(read_config(b"format = 2\n").unwrap().0, Config::default());
}

#[test]
fn names_every_line() {
    let found = problems(
        "format = 1\nfuture = 1\n[pipeline]\nstages = [\"Dev\", \"dev\", \"dev\", 3]\nx = 1\n[stage.zz]\n",
    );
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 4, 4, 5, 6]);
    assert!(problems("format = 99\n")[0].1.contains("newer"));
    assert_eq!(problems("a = 1\na = 2\n[b\n").iter().map(|(line, _)| *line).max(), Some(3));
}

#[test]
fn reads_stages_roles_hooks_and_policy() {
    let text = "[stage.qa]\nsignoffs = [\"code-reviewer\"]\non_fail = \"dev\"\nadvance = \"manual\"\n\
                requires = [\"deliverables\", \"boxes\"]\n\
                [roles.code-reviewer]\nmembers = [\"a@example.com\", \"*@example.org\"]\nquorum = 2\n\
                people_only = true\npaths = [\"src/**\"]\n\
                [hooks]\non_commit = \"stage\"\npre_push = true\n\
                [policy]\nself_approval = \"forbid\"\nblocking_severity = \"medium\"\n\
                signatures = \"require\"\nagents = [\"claude\"]\n";
    let (config, warnings) = read_config(text.as_bytes()).unwrap();
    assert_eq!(warnings, []);
    let qa = config.rules_of("qa");
    assert_eq!(qa.on_fail.as_ref().map(Stage::as_str), Some("dev"));
    assert_eq!(qa.advance, Advance::Manual);
    assert_eq!(qa.requires, [Requirement::Deliverables, Requirement::Boxes]);
    let role = config.role("code-reviewer").rules;
    assert_eq!((role.quorum, role.people_only, role.members.len()), (2, true, 2));
    assert_eq!(role.paths, ["src/**"]);
    assert_eq!((config.hooks.on_commit, config.hooks.pre_push), (OnCommit::Stage, true));
    assert_eq!(config.policy.self_approval, SelfApproval::Forbid);
    assert_eq!(config.policy.blocking_severity, Blocking::Medium);
    assert_eq!(config.policy.signatures, Signatures::Require);
    assert_eq!(config.policy.agents, ["*[bot]", "*[bot]@*", "claude"], "what forges call agents stays");
}

#[test]
fn defaults_are_lenient() {
    let config = Config::default();
    let nobody = config.role("nobody-configured");
    assert_eq!((nobody.rules.quorum, nobody.rules.members.len()), (1, 0));
    assert_eq!(config.rules_of("qa"), &StageRules::default());
    let stage = |name: &str| Stage::parse(name).unwrap();
    assert_eq!(config.on_fail_of(None, &stage("sec")), Some(stage("dev")));
    assert_eq!(config.on_fail_of(None, &stage("review")), None);
    assert_eq!(config.stage_after(None, &Stage::none()), Some(stage("dev")));
    assert_eq!(config.stage_after(None, &stage("docs")), Some(Stage::complete()));
    assert_eq!(config.stage_after(None, &Stage::complete()), None);
}

#[test]
fn a_failure_leads_back() {
    for (text, expected) in [
        ("[stage.qa]\non_fail = \"docs\"\n", Some("`docs` comes before `qa` in no pipeline")),
        ("[stage.qa]\non_fail = \"qa\"\n", Some("`qa` comes before `qa` in no pipeline")),
        ("[stage.qa]\non_fail = \"review\"\n", Some("`review` comes before `qa` in no pipeline")),
        ("[stage.qa]\non_fail = \"complete\"\n", Some("a failure completes nothing")),
        ("[stage.qa]\non_fail = \"none\"\n", None),
        ("[stage.qa]\non_fail = \"dev\"\n", None),
    ] {
        let found = problems(text);
        assert_eq!(
            found.first().map(|(line, message)| (*line, message.as_str())),
            expected.map(|text| (2, text))
        );
    }
    let typed = b"[types.odd]\nstages = [\"review\", \"qa\"]\n[stage.qa]\non_fail = \"review\"\n";
    let (config, _) = read_config(typed).unwrap();
    let stage = |name: &str| Stage::parse(name).unwrap();
    assert_eq!(config.on_fail_of(Some("odd"), &stage("qa")), Some(stage("review")));
    assert_eq!(config.on_fail_of(None, &stage("qa")), Some(stage("dev")), "a pipeline without it");
}

#[test]
fn unknown_keys_never_fail() {
    let (_, warnings) = read_config(b"[hooks]\ncolour = 1\n[stage.qa]\nafter = \"dev\"\n").unwrap();
    assert_eq!(warnings.len(), 2);
}

/// Reads a configuration that can be used, and returns what in it cannot be meant.
fn misfits(text: &str) -> Vec<(usize, String, String)> {
    let (config, warnings) = read_config(text.as_bytes()).unwrap();
    assert_eq!(warnings, [], "{text}");
    let found = config.errors.into_iter();
    found.map(|problem| (problem.line.unwrap(), problem.message, problem.hint.unwrap_or_default())).collect()
}

#[test]
fn near_misses_are_errors_that_name_what_was_meant() {
    for (text, line, message, hint) in [
        ("projct = \"x\"\n", 1, "unknown key `projct`", "did you mean `project`?"),
        ("[stage.qa]\nsignofs = []\n", 2, "unknown key `signofs`", "did you mean `signoffs`?"),
        ("[roles.qa]\nmember = []\n", 2, "unknown key `member`", "did you mean `members`?"),
        ("[policy]\nearned-move = \"off\"\n", 2, "unknown key `earned-move`", "did you mean `earned-moves`?"),
        ("[stage.dve]\n", 1, "unknown stage `dve`: no pipeline has it", "did you mean `dev`?"),
        (
            "[policy]\nmerge_stage = \"complet\"\n",
            2,
            "unknown stage `complet`: no pipeline has it",
            "name a stage of the pipeline, or `complete`",
        ),
        (
            "[policy]\nmerge_stage = \"dcos\"\n",
            2,
            "unknown stage `dcos`: no pipeline has it",
            "did you mean `docs`?",
        ),
        ("[stages.qa]\nsignoffs = []\n", 1, "unknown key `stages`", "did you mean `stage`?"),
        ("signatures = \"require\"\n", 1, "unknown key `signatures`", "it belongs into [policy]"),
        ("[stage.qa]\nquorum = 2\n", 2, "unknown key `quorum`", "it belongs into [roles.NAME]"),
        ("[hooks]\ncovered-files = \"off\"\n", 2, "unknown key `covered-files`", "it belongs into [policy]"),
    ] {
        assert_eq!(misfits(text), [(line, message.to_owned(), hint.to_owned())], "{text}");
    }
}

#[test]
fn roles_that_no_table_defines_are_errors() {
    let unsigned = "no table defines it, so nobody may sign";
    for (text, line, name, hint) in [
        (
            "[roles.code-reviewer]\n[stage.qa]\nsignoffs = [\"code-reviwer\"]\n",
            3,
            "code-reviwer",
            "did you mean `code-reviewer`?",
        ),
        ("[stage.qa]\nsignoffs = [\"lawyer\"]\n", 2, "lawyer", "add a table: [roles.lawyer]"),
        ("[roles.owner]\n[policy]\nowners = \"onwer\"\n", 3, "onwer", "did you mean `owner`?"),
        ("[roles.QA-lead]\n[stage.qa]\nsignoffs = [\"qa-lead\"]\n", 3, "qa-lead", "did you mean `QA-lead`?"),
    ] {
        let expected = (line, format!("unknown role `{name}`: {unsigned}"), hint.to_owned());
        assert_eq!(misfits(text), [expected], "{text}");
    }
}

#[test]
fn members_have_addresses_where_votes_are_signed() {
    let with = |signatures: &str| {
        format!(
            "[roles.sec]\nmembers = [\"Ada\", \"ken@example.com\", \"*@example.org\", \"*\", \"A*\"]\n\
             [policy]\nsignatures = \"{signatures}\"\n"
        )
    };
    assert_eq!(misfits(&with("off")), []);
    for signatures in ["warn", "require"] {
        let found = misfits(&with(signatures));
        let messages: Vec<_> = found.iter().map(|(line, message, _)| (*line, message.as_str())).collect();
        let expected = ["`Ada` is no address, and a signature proves no name"; 1];
        assert_eq!(messages[0], (2, expected[0]));
        assert!(messages.len() == 2 && messages[1].1.starts_with("`A*`"), "{messages:?}");
    }
}

#[test]
fn types_skip_no_signoffs_but_for_files_that_they_name() {
    let with = |types: &str| {
        format!(
            "[pipeline]\nstages = [\"dev\", \"qa\", \"docs\"]\n[roles.r]\n[stage.qa]\nsignoffs = [\"r\"]\n\
             [stage.fast]\nsignoffs = [\"r\"]\n[types.x]\n{types}\n[types.y]\nstages = [\"fast\"]\n"
        )
    };
    for (types, expected) in [
        ("", None),
        ("stages = [\"dev\", \"qa\"]", None),
        ("stages = [\"dev\", \"docs\"]", Some("skips `qa`, where r must sign off")),
        ("stages = []", Some("skips `qa`, where r must sign off")),
        ("stages = [\"dev\", \"fast\"]", None),
        ("stages = [\"docs\"]\npaths = [\"docs/**\"]", None),
        ("stages = [\"docs\"]\npaths = []", Some("skips `qa`, where r must sign off")),
    ] {
        let found = misfits(&with(types));
        assert_eq!(found.first().map(|(_, message, _)| message.as_str()), expected, "{types}");
    }
}

#[test]
fn reads_the_settings_of_the_gate() {
    let text = "[policy]\nlinked-commits = \"error\"\nwip-limit = \"off\"\nowners = \"policy-owner\"\n\
                protect = [\"deploy/**\"]\nmerge_stage = \"complete\"\nwip_limit = 3\n\
                [[policy.standard]]\nwhen = [\"src/**\"]\nthen = [\"tests/**\"]\nmessage = \"test it\"\n\
                [[policy.command]]\nname = \"lint\"\nrun = \"make lint\"\nlevel = \"warn\"\n";
    let (config, warnings) = read_config(text.as_bytes()).unwrap();
    assert_eq!(warnings, []);
    let gate = config.policy.gate;
    assert_eq!(gate.level_of(GateRule::LinkedCommits), Level::Error);
    assert_eq!(gate.level_of(GateRule::WipLimit), Level::Off);
    assert_eq!(gate.level_of(GateRule::EarnedMoves), Level::Error);
    assert_eq!(gate.owners.as_deref(), Some("policy-owner"));
    assert_eq!((gate.protect, gate.wip_limit), (vec!["deploy/**".to_owned()], Some(3)));
    assert!(gate.merge_stage.is_some_and(|stage| stage.is_complete()));
    assert_eq!((gate.standards.len(), gate.standards[0].level), (1, Level::Warn));
    assert_eq!((gate.commands[0].name.as_str(), gate.commands[0].level), ("lint", Level::Warn));
    let found = problems("[roles.sec]\npaths = [\"src/[[:alpha:]]*.rs\", \"src/[a\"]\n");
    assert!(found.len() == 1 && found[0].0 == 2 && found[0].1.contains("invalid glob `src/[a`"), "{found:?}");
    let found = problems("[policy]\nearned-moves = \"no\"\n[[policy.standard]]\nwhen = [\"a\"]\n");
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn executors_are_read_and_work_for_something() {
    let text = "format = 2\n[executors.dev]\ncommand = [\"./agent\", \"-p\"]\ntimeout = \"30m\"\n\
                [executors.scanner]\ncommand = [\"scan\"]\nstages = [\"sec\"]\ntypes = [\"bug\"]\n\
                report = \"security_report.json\"\n";
    let (config, warnings) = read_config(text.as_bytes()).unwrap();
    assert_eq!((warnings.len(), config.errors.len()), (0, 0), "{:?}", config.errors);
    let dev = &config.executors["dev"];
    assert_eq!((dev.command.len(), dev.timeout.map(|limit| limit.as_secs())), (2, Some(1800)));
    assert_eq!(config.executors["scanner"].report.as_deref(), Some("security_report.json"));
    for (line, expected) in [
        ("[executors.dev]\ncomand = [\"x\"]", "an executor needs a `command`"),
        ("[executors.dev]\ncommand = \"x\"", "expected a list of texts"),
        ("[executors.dev]\ncommand = []", "the list has no program"),
        ("[executors.dev]\ncommand = [\"x\"]\ntimeout = \"soon\"", "expected a time such as"),
        ("[executors.dev]\ncommand = [\"x\"]\nreport = \"../x\"", "does not lie below"),
    ] {
        let found = problems(&format!("format = 2\n{line}\n"));
        assert!(found.iter().any(|(_, message)| message.contains(expected)), "{line}: {found:?}");
    }
    for (line, expected) in [
        ("[executors.bulider]\ncommand = [\"x\"]", "`bulider` is neither a stage nor a role"),
        ("[executors.a]\ncommand = [\"x\"]\nstages = [\"dve\"]", "unknown stage `dve`"),
        ("[executors.a]\ncommand = [\"x\"]\nroles = [\"tester\"]", "unknown role `tester`"),
        ("[executors.dev]\ncommand = [\"x\"]\ntimout = \"1m\"", "unknown key `timout`"),
    ] {
        let (config, _) = read_config(format!("format = 2\n{line}\n").as_bytes()).unwrap();
        assert!(
            config.errors.iter().any(|error| error.message.contains(expected)),
            "{line}: {:?}",
            config.errors
        );
    }
}

#[test]
fn what_a_close_writes_is_no_record() {
    let of = |path: &str| {
        problems(&format!("format = 2\n[sprints]\nhistory = \"{path}\"\ndocuments = [\"{path}\"]\n"))
    };
    for path in [".tracker/config.toml", ".tracker/tasks/TASK-7Q2M.md", ".Tracker/Config.toml"] {
        let found = of(path);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4], "{path}: {found:?}");
    }
    assert_eq!(of("docs/STATUS.md"), []);
}
