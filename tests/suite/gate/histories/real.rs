//! The same histories in a real repository, with real records and votes: what git and its objects say comes to the same
//! verdict, and so does the whole check.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::rc::Rc;

use gix::objs::WriteTo as _;
use gix::objs::tree::{Entry, EntryKind};
use tracker::doc::{acceptance_text, create_vote, vote_file_name};
use tracker::facts::Reach;
use tracker::git::{CommitId, People, Repository, discover};
use tracker::model::{Coverage, Person, TreeEntry, Vote};
use tracker::ops::{self, GateRequest, Session};
use tracker::policy::history::Commit;
use tracker::policy::landing::{Landing, Objection, Ruling, judge};
use tracker::policy::{coverage_digest, criteria_digest};
use tracker::store::Workspace;

use super::cases::CASES;
use super::random;
use super::repository::Node;
use super::world::{MAIN, World, WorldVote};
use super::{Right, kind};
use crate::support::Sandbox;

/// How many random histories there are besides.
const RANDOM: u64 = 40;

/// The same policy as the pure judge is given, and no rule besides.
const CONFIG: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"review\", \"docs\"]
[stage.review]
signoffs = [\"qa\", \"sec\"]
on_fail = \"dev\"
[stage.docs]
signoffs = [\"doc\"]
on_fail = \"dev\"
[roles.qa]
[roles.sec]
[roles.doc]
paths = [\"docs/**\"]
[policy]
self_approval = \"forbid\"
overrides = \"warn\"
linked-commits = \"off\"
";

const PEOPLE: [&str; 14] =
    ["Dev", "Eve", "Mal", "Gil", "Hal", "Ida", "Dora", "Max", "Root", "Lead", "Other", "Ken", "Sam", "Zoe"];

fn email(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

/// A repository in the making: its records and votes are those that the program itself writes.
struct Import<'s> {
    sandbox: &'s Sandbox,
    stream: String,
    marks: usize,
    signers: String,
    texts: BTreeMap<(usize, String), String>,
}

impl<'s> Import<'s> {
    fn new(sandbox: &'s Sandbox) -> Self {
        let mut signers = String::new();
        for name in PEOPLE {
            let key = sandbox.root().join("home").join(name);
            let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key.to_str().unwrap()];
            assert_eq!(sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
            let public = fs::read_to_string(key.with_extension("pub")).unwrap();
            writeln!(signers, "{} {}", email(name), public.trim()).unwrap();
        }
        Self { sandbox, stream: String::new(), marks: 0, signers, texts: BTreeMap::new() }
    }

    /// Adds a history's commits, and returns their ids.
    fn history(&mut self, number: usize, world: &World) -> Vec<CommitId> {
        let mut ids: Vec<CommitId> = Vec::new();
        let first = self.marks + 1;
        for (at, node) in world.repository.commits.iter().enumerate() {
            let who = format!("{} <{}> {} +0000", node.author, email(&node.author), 1_700_000_000 + 60 * at);
            let message = message_of(node);
            let mut files = BTreeMap::from([
                (".tracker/config.toml".to_owned(), (0o100_644, CONFIG.to_owned())),
                (".tracker/allowed_signers".to_owned(), (0o100_644, self.signers.clone())),
            ]);
            for (path, entry) in node.tree.iter() {
                let TreeEntry::File { mode, blob } = entry else { continue };
                let text = match world.votes.get(path) {
                    Some(cast) => self.vote(number, path, cast, &ids, world),
                    None => String::from_utf8(world.repository.read(blob).to_vec()).unwrap(),
                };
                files.insert(path.clone(), (*mode, text));
            }
            let parents: Vec<CommitId> = node.parents.iter().map(|parent| ids[parent.0 as usize]).collect();
            ids.push(commit_id(&files, &parents, &who, &message));
            self.marks += 1;
            let out = &mut self.stream;
            writeln!(out, "commit refs/histories/{number}/{at}\nmark :{}", self.marks).unwrap();
            writeln!(out, "author {who}\ncommitter {who}\ndata {}\n{message}", message.len()).unwrap();
            for (nth, parent) in node.parents.iter().enumerate() {
                let word = if nth == 0 { "from" } else { "merge" };
                writeln!(out, "{word} :{}", first + parent.0 as usize).unwrap();
            }
            writeln!(out, "deleteall").unwrap();
            for (path, (mode, text)) in &files {
                writeln!(out, "M {mode:o} inline {path}\ndata {}\n{text}", text.len()).unwrap();
            }
            out.push('\n');
        }
        ids
    }

    /// Returns a vote's file, as the program writes it.
    fn vote(
        &mut self,
        number: usize,
        path: &str,
        cast: &WorldVote,
        ids: &[CommitId],
        world: &World,
    ) -> String {
        let key = (number, path.to_owned());
        if let Some(text) = self.texts.get(&key) {
            return text.clone();
        }
        let body = format!("\n## Acceptance criteria\n\n- [ ] does {}\n", cast.task);
        let nth = world.votes.keys().position(|own| own == path).unwrap();
        let mut vote = Vote {
            task: cast.task.clone(),
            role: cast.role.clone(),
            verdict: cast.verdict.clone(),
            by: Person { name: cast.by.clone(), email: email(&cast.by) },
            agent: None,
            at: "2026-11-11T00:00:00Z".parse().unwrap(),
            stage: cast.stage.clone(),
            round: cast.round,
            commit: ids[cast.looked_at.0 as usize].to_string(),
            covers: Coverage::of(&criteria_digest(&acceptance_text(&body)), cast.files.clone()),
            replaces: cast.replaces.clone(),
            // No two are copies of one another.
            notes: Some(format!("the vote number {nth}")),
            findings: Vec::new(),
            signature: None,
            unknown: Vec::new(),
            warnings: Vec::new(),
        };
        vote.covers.digest = coverage_digest(&vote);
        if cast.is_signed {
            vote.signature = Some(self.signature(&cast.by, &create_vote(&vote)));
        }
        assert!(vote_file_name(&vote).ends_with(".yaml"));
        self.texts.entry(key).or_insert(create_vote(&vote)).clone()
    }

    fn signature(&self, name: &str, text: &str) -> String {
        self.sandbox.write("unsigned", text);
        let key = self.sandbox.root().join("home").join(name);
        let args = ["-q", "-Y", "sign", "-n", "tracker-vote", "-f", key.to_str().unwrap(), "unsigned"];
        assert_eq!(self.sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
        let signature = self.sandbox.read("unsigned.sig");
        fs::remove_file(self.sandbox.path().join("unsigned.sig")).unwrap();
        signature
    }

    fn finish(self, ids: &[Vec<CommitId>]) {
        self.sandbox.write("stream", self.stream);
        let input = File::open(self.sandbox.path().join("stream")).unwrap();
        let args = ["fast-import", "--quiet", "--export-marks=marks"];
        let output = self.sandbox.program_with("git", "", &args, |command| {
            command.stdin(input);
        });
        assert_eq!(output.status, 0, "{output}");
        let marks: BTreeMap<usize, String> = self
            .sandbox
            .read("marks")
            .lines()
            .map(|line| line[1..].split_once(' ').unwrap())
            .map(|(mark, id)| (mark.parse().unwrap(), id.to_owned()))
            .collect();
        let made: Vec<String> = ids.iter().flatten().map(ToString::to_string).collect();
        assert_eq!(marks.into_values().collect::<Vec<_>>(), made, "git gives the same ids");
    }
}

fn message_of(node: &Node) -> String {
    let mut message = "Change\n\n".to_owned();
    node.tasks.iter().for_each(|task| writeln!(message, "Task: {task}").unwrap());
    for name in &node.co_authors {
        writeln!(message, "Co-authored-by: {name} <{}>", email(name)).unwrap();
    }
    message
}

/// Files by path, each with its mode.
type Files = BTreeMap<String, (u32, String)>;

fn hash(kind: gix::objs::Kind, bytes: &[u8]) -> gix::ObjectId {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes).unwrap()
}

/// Returns the id that git will give a commit: the votes on it name it.
fn commit_id(files: &Files, parents: &[CommitId], who: &str, message: &str) -> CommitId {
    let mut text = format!("tree {}\n", tree_id(files, ""));
    parents.iter().for_each(|parent| writeln!(text, "parent {parent}").unwrap());
    write!(text, "author {who}\ncommitter {who}\n\n{message}").unwrap();
    CommitId::parse(&hash(gix::objs::Kind::Commit, text.as_bytes()).to_string()).unwrap()
}

fn tree_id(files: &Files, folder: &str) -> gix::ObjectId {
    let mut entries = BTreeMap::new();
    for (path, (mode, text)) in
        files.iter().filter_map(|(path, file)| Some((path.strip_prefix(folder)?, file)))
    {
        match path.split_once('/') {
            Some((name, _)) if !entries.contains_key(name) => {
                let oid = tree_id(files, &format!("{folder}{name}/"));
                entries.insert(name, Entry { mode: EntryKind::Tree.into(), filename: name.into(), oid });
            }
            Some(_) => {}
            None => {
                let kind = if *mode == 0o100_755 { EntryKind::BlobExecutable } else { EntryKind::Blob };
                let oid = hash(gix::objs::Kind::Blob, text.as_bytes());
                entries.insert(path, Entry { mode: kind.into(), filename: path.into(), oid });
            }
        }
    }
    let mut tree = gix::objs::Tree { entries: entries.into_values().collect() };
    tree.entries.sort();
    let mut bytes = Vec::new();
    tree.write_to(&mut bytes).unwrap();
    hash(gix::objs::Kind::Tree, &bytes)
}

/// Judges a history by what the repository says of its commits.
fn judged(repository: &Repository, world: &World, ids: &[CommitId]) -> Vec<Objection> {
    let (tip, head) = (world.branches[MAIN], world.head());
    let memory = world.repository.reached_by(&[tip, head]);
    let mut facts = world.facts(&memory, tip, head);
    let id = |commit: Commit| ids[commit.0 as usize];
    let people = Rc::new(People::default());
    let reach = Reach::from(repository, people, &[id(tip), id(head)]).unwrap();
    let real = |commit: Commit| reach.commit(id(commit)).unwrap();
    for vote in &mut facts.votes {
        vote.added = real(vote.added);
        vote.looked_at = vote.looked_at.map(real);
    }
    facts.steps.iter_mut().for_each(|step| step.commit = real(step.commit));
    facts.steps.sort_by_key(|step| step.commit);
    facts.removals.iter_mut().for_each(|removal| removal.commit = real(removal.commit));
    let landing = Landing {
        config: &facts.config,
        tip: real(tip),
        head: real(head),
        tasks: &facts.tasks,
        votes: &facts.votes,
        steps: &facts.steps,
        removals: &facts.removals,
        owned: None,
    };
    judge(&reach, &landing, &mut |_| Ok(Vec::new())).unwrap().objections
}

/// Returns objections without their commits, which have other numbers here and there.
fn reported(objections: Vec<Objection>) -> BTreeSet<String> {
    let reported = |objection: Objection| format!("{:?}", Objection { commit: None, ..objection });
    objections.into_iter().map(reported).collect()
}

/// The rules of the gate under which an objection is reported. What lacks the approval for which a move was not earned is
/// reported with the move.
fn rules_of(objection: &Objection) -> &'static [&'static str] {
    match kind(objection) {
        "record" => &["no-rewritten-votes", "legal-moves"],
        "conflict" => &["merge-integrity"],
        "unlinked" | "incomplete" | "given up" => &["covered-files"],
        "uncovered" => &["covered-files", "earned-moves"],
        _ => &["earned-moves"],
    }
}

/// The rules that speak of sign-offs, of records that were taken out, and of what does not merge.
const SIGNOFF_RULES: [&str; 4] = ["earned-moves", "covered-files", "no-rewritten-votes", "merge-integrity"];

/// What the whole check says against a history: its errors, as `rule: message`.
fn checked(sandbox: &Sandbox, world: &World, ids: &[CommitId]) -> Vec<(String, String)> {
    let env = sandbox.env("");
    let workspace = Workspace::discover(&env).unwrap();
    let snapshot = workspace.snapshot();
    let session = Session::new(&env, workspace, snapshot);
    let id = |commit: Commit| Some(ids[commit.0 as usize].to_string());
    let (base, head) = (id(world.branches[MAIN]), id(world.head()));
    let request = GateRequest { base, head, ..GateRequest::default() };
    let (review, problems) = ops::review(&session, &request).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let errors = review.verdict.violations.iter().filter(|violation| violation.is_error());
    errors.map(|violation| (violation.rule.as_str().to_owned(), violation.message.clone())).collect()
}

#[test]
fn a_real_repository_comes_to_the_same_verdicts() {
    let mut worlds: Vec<(String, Option<&Right>, World)> =
        CASES.iter().map(|case| (case.name.to_owned(), Some(&case.right), (case.play)())).collect();
    worlds.extend((0..RANDOM).map(|seed| (format!("seed {seed}"), None, random::play(seed))));
    let sandbox = Sandbox::new();
    let mut import = Import::new(&sandbox);
    let ids: Vec<Vec<CommitId>> =
        worlds.iter().enumerate().map(|(number, (.., world))| import.history(number, world)).collect();
    import.finish(&ids);
    // A checkout that has the tracker.
    sandbox.git(&["reset", "--quiet", "--hard", &ids[0].last().unwrap().to_string()]);
    let repository = Repository::open(&discover(&sandbox.env("")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for ((name, right, world), ids) in worlds.iter().zip(&ids) {
        let objections = world.judge(MAIN);
        assert_eq!(reported(judged(&repository, world, ids)), reported(objections.clone()), "{name}");
        let errors = checked(&sandbox, world, ids);
        let has = |rules: &[&str]| errors.iter().any(|(rule, _)| rules.contains(&rule.as_str()));
        // Where histories have crossed, no more than that is reported of the record.
        let has_crossed = objections.iter().any(|objection| objection.ruling == Ruling::SeveralBases);
        // A file that conflicts is reported for that alone.
        let conflicts = |path: &Option<String>| {
            objections.iter().any(|other| other.ruling == Ruling::Conflict && other.path == *path)
        };
        let is_asked = |own: &&Objection| match own.ruling {
            Ruling::WrongStage { .. } => !has_crossed,
            Ruling::Uncovered { .. } | Ruling::Incomplete { .. } => !conflicts(&own.path),
            _ => true,
        };
        let is_told = objections.iter().filter(is_asked).all(|objection| has(rules_of(objection)));
        // Random moves need not be legal ones; those of the cases are, and honest work passes every rule.
        let is_clean =
            !objections.is_empty() || if right.is_some() { errors.is_empty() } else { !has(&SIGNOFF_RULES) };
        if !is_told || !is_clean {
            wrong.push(format!("{name}\n{errors:#?}\n{objections:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n\n"));
}
