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
    assert_eq!(config.policy.agents, ["claude"]);
}

#[test]
fn what_is_not_said_is_lenient() {
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

#[test]
fn near_misses_name_what_was_meant() {
    for (text, line, message, meant) in [
        ("projct = \"x\"\n", 1, "unknown key `projct`", "project"),
        ("[stage.qa]\nsignofs = []\n", 2, "unknown key `signofs`", "signoffs"),
        ("[roles.qa]\nmember = []\n", 2, "unknown key `member`", "members"),
        ("[policy]\nearned-move = \"off\"\n", 2, "unknown key `earned-move`", "earned-moves"),
        ("[stage.dve]\n", 1, "unknown stage `dve`: no pipeline has it", "dev"),
        (
            "[roles.code-reviewer]\n[stage.qa]\nsignoffs = [\"code-reviwer\"]\n",
            3,
            "unknown role `code-reviwer`: no table describes it",
            "code-reviewer",
        ),
    ] {
        let (_, warnings) = read_config(text.as_bytes()).unwrap();
        let found: Vec<_> = warnings.iter().map(|found| (found.line, found.message.as_str())).collect();
        assert_eq!(found, [(Some(line), message)]);
        assert_eq!(warnings[0].hint, Some(format!("did you mean `{meant}`?")));
    }
}

#[test]
fn reads_what_the_gate_is_told() {
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
