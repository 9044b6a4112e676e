//! Random histories of edits on both sides, with crashes at every write, lost answers, clocks that are ahead, reordered and
//! repeated pages. Both sides must agree in the end, every edit must be in a value or in the log, nothing may be there
//! twice, and one more sync must change nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use tracker::model::{SyncField, SyncLink, SyncPolicy, SyncSide, SyncValue, SyncValues};
use tracker::sync::{
    Capabilities, Intent, Landing, Local, LocalTask, Lost, Push, PushAnswer, Remote, RemoteItem, SyncReport,
    SyncRequest, sync,
};

/// The process was killed, or the answer of the other side is lost.
#[derive(Debug)]
pub struct Killed;

type Result<T> = std::result::Result<T, Killed>;

/// Random numbers of a seed: those of SplitMix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// How many writes are left before the process is killed.
#[derive(Debug, Default)]
struct Fuse(Option<usize>);

impl Fuse {
    /// Kills before a write, or after it.
    fn write<T>(&mut self, random: &mut Random, write: impl FnOnce() -> T) -> Result<T> {
        match &mut self.0 {
            Some(0) => {
                if random.one_in(2) {
                    write();
                }
                return Err(Killed);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(write())
    }
}

#[derive(Debug, Clone)]
struct Record {
    values: SyncValues,
    updated: DateTime<Utc>,
    version: u64,
    key: Option<String>,
}

/// This side, in memory.
struct Here {
    tasks: BTreeMap<String, Record>,
    links: BTreeMap<String, SyncLink>,
    journal: Vec<Intent>,
    log: Vec<Lost>,
    fuse: Fuse,
    random: Random,
    /// Somebody edits a task in the middle of a sync.
    edits_meanwhile: bool,
    tokens: Tokens,
}

/// The other side, in memory.
struct There {
    items: BTreeMap<String, Record>,
    loses_answers: bool,
    /// Writes all of the next changes, and is killed before it answers.
    loses_next: bool,
    random: Random,
    counter: u64,
}

/// What people have written and not taken back themselves: each edit has a word of its own.
#[derive(Debug, Default, Clone)]
struct Tokens {
    alive: BTreeSet<String>,
    next: usize,
}

impl Tokens {
    fn fresh(&mut self) -> String {
        self.next += 1;
        let token = format!("w{}x", self.next);
        self.alive.insert(token.clone());
        token
    }

    /// A person has seen this value, and replaces it.
    fn replaced(&mut self, value: &str) {
        for word in value.split(|c: char| !c.is_alphanumeric()) {
            self.alive.remove(word);
        }
    }
}

const WORDS: [SyncField; 3] = [SyncField::Title, SyncField::Priority, SyncField::Area];

fn edit(values: &mut SyncValues, random: &mut Random, tokens: &mut Tokens) {
    match random.below(5) {
        0..=1 => {
            let field = WORDS[random.below(WORDS.len())];
            let old = values.get(&field).cloned().unwrap_or_else(|| field.empty());
            tokens.replaced(&old.to_string());
            values.insert(field, SyncValue::text(tokens.fresh()));
        }
        2 => {
            let Some(SyncValue::Labels(labels)) = values.get_mut(&SyncField::Labels) else { return };
            if random.one_in(3) {
                if let Some(first) = labels.pop_first() {
                    tokens.replaced(&first);
                }
            } else {
                labels.insert(tokens.fresh());
            }
        }
        _ => {
            let Some(SyncValue::Text(body)) = values.get_mut(&SyncField::Body) else { return };
            let mut lines: Vec<String> = body.lines().map(str::to_owned).collect();
            let at = random.below(lines.len() + 1);
            if random.one_in(3) && at < lines.len() {
                tokens.replaced(&lines.remove(at));
            } else {
                lines.insert(at, tokens.fresh());
            }
            *body = lines.iter().map(|line| format!("{line}\n")).collect();
        }
    }
}

fn new_values(random: &mut Random, tokens: &mut Tokens) -> SyncValues {
    let mut values: SyncValues = [SyncField::Labels, SyncField::Body, SyncField::Priority, SyncField::Area]
        .map(|field| (field, field.empty()))
        .into();
    values.insert(SyncField::Title, SyncValue::text(tokens.fresh()));
    for _ in 0..random.below(8) {
        edit(&mut values, random, tokens);
    }
    values
}

impl Local<Killed> for Here {
    fn tasks(&mut self) -> Result<Vec<LocalTask>> {
        let of = |(id, record): (&String, &Record)| LocalTask {
            id: id.clone(),
            values: Some(record.values.clone()),
            updated: Some(record.updated),
            link: self.links.get(id).cloned(),
            selected: Ok("all".to_owned()),
        };
        Ok(self.tasks.iter().map(of).collect())
    }

    fn accept(
        &mut self,
        _: Option<&LocalTask>,
        _: SyncField,
        value: &SyncValue,
    ) -> std::result::Result<SyncValue, String> {
        Ok(value.clone())
    }

    fn new_id(&mut self, item: &RemoteItem) -> Result<String> {
        Ok(format!("TASK-OF-{}", item.id))
    }

    fn write(&mut self, landings: &[Landing]) -> Result<Vec<std::result::Result<(), String>>> {
        if self.edits_meanwhile && self.random.one_in(3) {
            let at = self.random.below(self.tasks.len().max(1));
            if let Some(record) = self.tasks.values_mut().nth(at) {
                edit(&mut record.values, &mut self.random, &mut self.tokens);
            }
        }
        let (tasks, links) = (&mut self.tasks, &mut self.links);
        self.fuse.write(&mut self.random, || {
            for landing in landings {
                let mut link = landing.link.clone();
                let record = tasks.entry(landing.task.clone()).or_insert_with(|| {
                    assert!(landing.is_new, "{} is not there", landing.task);
                    Record { values: SyncValues::new(), updated: DateTime::UNIX_EPOCH, version: 0, key: None }
                });
                for (field, value) in &landing.here {
                    let now = record.values.get(field);
                    if now == landing.seen.get(field) {
                        record.values.insert(*field, value.clone());
                    } else if now != Some(value) {
                        link.agreed.insert(*field, landing.seen[field].clone());
                    }
                }
                links.insert(landing.task.clone(), link);
            }
        })?;
        Ok(landings.iter().map(|_| Ok(())).collect())
    }

    fn journal(&mut self) -> Result<Vec<Intent>> {
        Ok(self.journal.clone())
    }

    fn set_journal(&mut self, intents: &[Intent]) -> Result<()> {
        let journal = &mut self.journal;
        self.fuse.write(&mut self.random, || *journal = intents.to_vec())
    }

    fn log(&mut self, lost: &[Lost]) -> Result<()> {
        let log = &mut self.log;
        self.fuse.write(&mut self.random, || log.extend_from_slice(lost))
    }
}

impl There {
    fn item(id: &str, record: &Record) -> RemoteItem {
        RemoteItem {
            id: id.to_owned(),
            key: record.key.clone(),
            version: record.version.to_string(),
            updated: Some(record.updated),
            fields: record.values.clone(),
        }
    }

    fn push_one(&mut self, push: &Push, now: DateTime<Utc>) -> PushAnswer {
        self.counter += 1;
        let id = match &push.id {
            Some(id) => id.clone(),
            None => {
                let known = self.items.iter().find(|(_, own)| own.key.as_ref() == Some(&push.key));
                match known {
                    Some((id, own)) => {
                        return PushAnswer::Written { id: id.clone(), version: own.version.to_string() };
                    }
                    None => format!("n{}", self.counter),
                }
            }
        };
        let fresh = || Record { values: SyncValues::new(), updated: now, version: 0, key: None };
        let record = self.items.entry(id.clone()).or_insert_with(fresh);
        if push.id.is_some() && push.version.as_deref() != Some(&record.version.to_string()) {
            return PushAnswer::Changed;
        }
        record.values.extend(push.fields.clone());
        record.key = Some(push.key.clone());
        record.version = self.counter;
        record.updated = now;
        PushAnswer::Written { id, version: record.version.to_string() }
    }
}

impl Remote<Killed> for There {
    fn capabilities(&mut self) -> Result<Capabilities> {
        let fields =
            [SyncField::Title, SyncField::Priority, SyncField::Area, SyncField::Labels, SyncField::Body];
        Ok(Capabilities { fields: fields.into(), read_only: BTreeSet::new(), creates: true, keys: true })
    }

    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>)> {
        let mut items: Vec<RemoteItem> =
            self.items.iter().map(|(id, record)| Self::item(id, record)).collect();
        // Pages that move while they are read: an item twice, another not at all.
        for _ in 0..items.len() {
            let (a, b) = (self.random.below(items.len()), self.random.below(items.len()));
            items.swap(a, b);
        }
        if self.random.one_in(4) && !items.is_empty() {
            items.push(items[0].clone());
        }
        Ok((items, Vec::new()))
    }

    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>)> {
        let items = ids.iter().filter_map(|id| Some(Self::item(id, self.items.get(id)?)));
        Ok((items.collect(), Vec::new()))
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>> {
        let now = DateTime::UNIX_EPOCH;
        let written = if self.loses_answers { self.random.below(changes.len() + 1) } else { changes.len() };
        let answers: Vec<PushAnswer> =
            changes[..written].iter().map(|push| self.push_one(push, now)).collect();
        if std::mem::take(&mut self.loses_next) {
            return Err(Killed);
        }
        if !self.loses_answers {
            return Ok(answers);
        }
        match self.random.below(3) {
            0 => Err(Killed),
            1 => Ok(answers[..self.random.below(answers.len() + 1)].to_vec()),
            _ => Ok(answers),
        }
    }
}

impl Here {
    fn new(seed: u64) -> Self {
        Self {
            tasks: BTreeMap::new(),
            links: BTreeMap::new(),
            journal: Vec::new(),
            log: Vec::new(),
            fuse: Fuse::default(),
            random: Random::new(seed ^ 1),
            edits_meanwhile: false,
            tokens: Tokens::default(),
        }
    }
}

impl There {
    fn new(seed: u64) -> Self {
        let random = Random::new(seed ^ 2);
        Self { items: BTreeMap::new(), loses_answers: false, loses_next: false, random, counter: 0 }
    }
}

/// A change whose answer is lost, and after it another one: what was pushed is what both agree on, so that is no conflict.
pub fn edited_after_a_lost_answer() {
    let (mut here, mut there) = (Here::new(1), There::new(1));
    let now = DateTime::UNIX_EPOCH;
    let title = |text: &str| SyncValues::from([(SyncField::Title, SyncValue::text(text))]);
    let task = Record { values: title("first"), updated: now, version: 0, key: None };
    here.tasks.insert("TASK-1".to_owned(), task);
    for text in ["second", "third"] {
        there.loses_next = true;
        assert!(run(&mut here, &mut there, SyncPolicy::Ask, now).is_err());
        here.tasks.get_mut("TASK-1").unwrap().values = title(text);
        let report = run(&mut here, &mut there, SyncPolicy::Ask, now).unwrap();
        assert_eq!((report.problems.len(), here.log.len(), there.items.len()), (0, 0, 1));
        assert!(here.links["TASK-1"].conflicts.is_empty(), "{text}");
        assert_eq!(there.items.values().next().unwrap().values, title(text));
        here.tasks.get_mut("TASK-1").unwrap().values = title("pushed, and not answered");
    }
}

/// Plays the history of a seed. Panics with what is wrong.
pub fn play(seed: u64) {
    let mut random = Random::new(seed);
    let policy = [SyncPolicy::Ours, SyncPolicy::Theirs, SyncPolicy::Newer, SyncPolicy::Ask][random.below(4)];
    let (mut here, mut there) = (Here::new(seed), There::new(seed));
    let start: DateTime<Utc> = "2026-11-11T10:00:00Z".parse().unwrap();
    for turn in 0..2 + random.below(8) {
        let now = start + TimeDelta::minutes(turn as i64);
        for _ in 0..random.below(6) {
            act(&mut here, &mut there, &mut random, now);
        }
        here.fuse = Fuse(random.one_in(2).then(|| random.below(9)));
        here.edits_meanwhile = random.one_in(3);
        there.loses_answers = random.one_in(3);
        let _ = run(&mut here, &mut there, policy, now);
    }
    (here.fuse, here.edits_meanwhile, there.loses_answers) = (Fuse::default(), false, false);
    let now = start + TimeDelta::hours(1);
    let report = run(&mut here, &mut there, policy, now).unwrap();
    assert_eq!(report.problems, Vec::<String>::new(), "seed {seed}");
    check(&here, &there, policy, seed);
    let state = (here.tasks.len(), here.links.clone(), there.counter);
    let again = run(&mut here, &mut there, policy, now).unwrap();
    assert_eq!(again.steps.len(), 0, "seed {seed}: {:?}", again.steps);
    assert_eq!((here.tasks.len(), here.links.clone(), there.counter), state, "seed {seed}");
}

fn run(here: &mut Here, there: &mut There, policy: SyncPolicy, now: DateTime<Utc>) -> Result<SyncReport> {
    let request = SyncRequest { policy, now, is_confirmed: true, ..SyncRequest::default() };
    sync(here, there, &request)
}

/// Somebody creates or edits something.
fn act(here: &mut Here, there: &mut There, random: &mut Random, now: DateTime<Utc>) {
    // One of the clocks is wrong.
    let now = now + TimeDelta::hours(random.below(5) as i64 - 2);
    there.counter += 1;
    let tokens = &mut here.tokens;
    let is_here = random.one_in(2);
    let count = if is_here { here.tasks.len() } else { there.items.len() };
    if count == 0 || random.one_in(5) {
        let values = new_values(random, tokens);
        let record = Record { values, updated: now, version: there.counter, key: None };
        match is_here {
            true => here.tasks.insert(format!("TASK-{}", there.counter), record),
            false => there.items.insert(format!("r{}", there.counter), record),
        };
        return;
    }
    let at = random.below(count);
    let records = if is_here { &mut here.tasks } else { &mut there.items };
    let record = records.values_mut().nth(at).unwrap();
    edit(&mut record.values, random, tokens);
    (record.updated, record.version) = (now, there.counter);
}

fn check(here: &Here, there: &There, policy: SyncPolicy, seed: u64) {
    assert_eq!(here.tasks.len(), there.items.len(), "seed {seed}: one item for each task");
    let keys: BTreeSet<&String> = there.items.values().filter_map(|item| item.key.as_ref()).collect();
    assert_eq!(keys, here.tasks.keys().collect(), "seed {seed}");
    assert!(here.journal.is_empty(), "seed {seed}");
    let mut words = String::new();
    for (id, item) in &there.items {
        let task = &here.tasks[item.key.as_ref().unwrap()];
        let link = &here.links[item.key.as_ref().unwrap()];
        assert_eq!(&link.id, id, "seed {seed}");
        for (field, value) in &item.values {
            let is_same = value == &task.values[field];
            assert!(
                is_same || policy == SyncPolicy::Ask && link.conflicts.contains_key(field),
                "seed {seed}"
            );
            words.push_str(&format!("{value}\n{}\n", task.values[field]));
        }
    }
    here.log.iter().for_each(|lost| words.push_str(&format!("{}\n", lost.lost)));
    let words: BTreeSet<&str> = words.split(|c: char| !c.is_alphanumeric()).collect();
    for token in &here.tokens.alive {
        assert!(words.contains(token.as_str()), "seed {seed}: the edit `{token}` is nowhere");
    }
    let losers: BTreeSet<SyncSide> = here.log.iter().map(|lost| lost.side).collect();
    match policy {
        SyncPolicy::Ours => assert!(!losers.contains(&SyncSide::Here), "seed {seed}"),
        SyncPolicy::Theirs => assert!(!losers.contains(&SyncSide::There), "seed {seed}"),
        SyncPolicy::Ask => assert!(losers.is_empty(), "seed {seed}"),
        SyncPolicy::Newer => {}
    }
}
