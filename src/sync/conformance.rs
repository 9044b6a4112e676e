//! Whether another tracker does what synchronising relies on: cases played against it, which create items there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::side::{Capabilities, Push, PushAnswer, Remote, RemoteItem};
use crate::model::{SyncField, SyncValue, SyncValues};

/// One case, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConformanceCase {
    /// What was played.
    pub case: String,
    /// What is wrong; none where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Texts that are easily damaged on their way.
const TEXTS: [&str; 12] = [
    "plain",
    "a, comma; and \"quotes\" 'too'",
    "=1+1",
    "-",
    "null",
    "007",
    "ümläut ß 漢字 🚀",
    "<b>&amp;</b>",
    "back\\slash \\n",
    "@context +project due:tomorrow",
    "x (A) 2026-11-11",
    "~",
];
/// What one item is taken through.
const CASES_OF_ITEM: usize = 5;

/// Plays at least `cases` cases. `key` is one that no item has, and what the keys of new items begin with.
pub fn conformance<E: std::fmt::Display>(
    remote: &mut dyn Remote<E>,
    key: &str,
    cases: usize,
) -> Vec<ConformanceCase> {
    let mut play = Play { remote, cases: Vec::new() };
    let capabilities = match play.remote.capabilities() {
        Ok(found) => found,
        Err(error) => {
            play.note("capabilities", Err(error.to_string()));
            return play.cases;
        }
    };
    let has_title = capabilities.fields.contains(&SyncField::Title);
    play.note("capabilities", if has_title { Ok(()) } else { Err("it has no `title`".to_owned()) });
    play.reads();
    if capabilities.creates {
        let has_keys = capabilities.keys;
        let why = "it creates items, and does not keep their keys: an item could be created twice".to_owned();
        play.note("items keep their key", if has_keys { Ok(()) } else { Err(why) });
        let mut created = BTreeMap::new();
        for at in 0..cases.div_ceil(CASES_OF_ITEM) {
            play.item(&capabilities, &format!("{key}{at}"), at, &mut created);
        }
        play.all_there(&created);
    }
    play.cases
}

struct Play<'r, E> {
    remote: &'r mut dyn Remote<E>,
    cases: Vec<ConformanceCase>,
}

impl<E: std::fmt::Display> Play<'_, E> {
    fn note(&mut self, case: impl Into<String>, outcome: Result<(), String>) {
        self.cases.push(ConformanceCase { case: case.into(), problem: outcome.err() });
    }

    fn reads(&mut self) {
        let first = self.pulled();
        let again = self.pulled();
        let outcome = match (first, again) {
            (Ok(first), Ok(again)) if first == again => Ok(()),
            (Ok(_), Ok(_)) => Err("two pulls in a row return different items".to_owned()),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        self.note("pull twice", outcome);
        let outcome = match self.remote.state(&["no such item".to_owned()]) {
            Ok((items, _)) if items.is_empty() => Ok(()),
            Ok(_) => Err("it returns an item for an id that nothing has".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        self.note("state of an item that is not there", outcome);
    }

    fn pulled(&mut self) -> Result<BTreeMap<String, RemoteItem>, String> {
        let (items, problems) = self.remote.pull().map_err(|error| error.to_string())?;
        if let Some(problem) = problems.into_iter().next() {
            return Err(problem);
        }
        let mut all = BTreeMap::new();
        for item in items {
            let id = item.id.clone();
            if all.insert(id.clone(), item).is_some() {
                return Err(format!("`{id}` is there twice"));
            }
        }
        Ok(all)
    }

    fn state(&mut self, id: &str) -> Result<RemoteItem, String> {
        let (items, _) = self.remote.state(&[id.to_owned()]).map_err(|error| error.to_string())?;
        items.into_iter().find(|item| item.id == id).ok_or_else(|| format!("`{id}` is not there"))
    }

    fn push(&mut self, push: Push) -> Result<PushAnswer, String> {
        let answers = self.remote.push(&[push]).map_err(|error| error.to_string())?;
        answers.into_iter().next().ok_or_else(|| "there is no answer".to_owned())
    }

    fn item(
        &mut self,
        capabilities: &Capabilities,
        key: &str,
        at: usize,
        created: &mut BTreeMap<String, RemoteItem>,
    ) {
        let fields = values(capabilities, at);
        let outcome = self.create(key, &fields);
        let item = outcome.as_ref().ok().cloned();
        self.note(format!("create {key}"), outcome.map(|_| ()));
        let Some(item) = item else { return };
        let outcome = self.create(key, &fields).and_then(|again| match again.id == item.id {
            true => Ok(()),
            false => Err(format!("the same key is a second item, `{}` and `{}`", item.id, again.id)),
        });
        self.note(format!("create {key} again"), outcome);
        let changed = values(capabilities, at + 1);
        let outcome = self.update(&item, key, &changed);
        let updated = outcome.as_ref().ok().cloned();
        self.note(format!("update {key}"), outcome.map(|_| ()));
        let stale = Push {
            id: Some(item.id.clone()),
            key: key.to_owned(),
            version: Some(item.version.clone()),
            fields,
        };
        let outcome = match self.push(stale) {
            Ok(PushAnswer::Changed) => Ok(()),
            Ok(other) => Err(format!("expected `changed` for an old version, got {other:?}")),
            Err(why) => Err(why),
        };
        self.note(format!("update {key} on an old version"), outcome);
        let outcome = self.state(&item.id).and_then(|now| same(&now.fields, &changed));
        self.note(format!("state of {key}"), outcome);
        created.insert(key.to_owned(), updated.unwrap_or(item));
    }

    fn create(&mut self, key: &str, fields: &SyncValues) -> Result<RemoteItem, String> {
        let push = Push { id: None, key: key.to_owned(), version: None, fields: fields.clone() };
        let PushAnswer::Written { id, version } = self.push(push)? else {
            return Err("expected `written`".to_owned());
        };
        let item = self.state(&id)?;
        if item.key.as_deref() != Some(key) {
            return Err(format!("`{id}` does not keep its key `{key}`"));
        }
        if item.version != version {
            return Err(format!("the answer has version `{version}`, and the item `{}`", item.version));
        }
        same(&item.fields, fields)?;
        Ok(item)
    }

    fn update(&mut self, item: &RemoteItem, key: &str, fields: &SyncValues) -> Result<RemoteItem, String> {
        let (id, version) = (Some(item.id.clone()), Some(item.version.clone()));
        let push = Push { id, key: key.to_owned(), version, fields: fields.clone() };
        let PushAnswer::Written { .. } = self.push(push)? else {
            return Err("expected `written`".to_owned());
        };
        let now = self.state(&item.id)?;
        if now.version == item.version {
            return Err(format!("the version is still `{}` after a change", now.version));
        }
        same(&now.fields, fields)?;
        Ok(now)
    }

    fn all_there(&mut self, created: &BTreeMap<String, RemoteItem>) {
        let outcome = self.pulled().and_then(|items| {
            for (key, item) in created {
                let found = items.values().filter(|own| own.key.as_ref() == Some(key)).count();
                if found != 1 || !items.contains_key(&item.id) {
                    return Err(format!("{key} is there {found} times"));
                }
            }
            Ok(())
        });
        self.note("pull what was created", outcome);
    }
}

fn same(found: &SyncValues, expected: &SyncValues) -> Result<(), String> {
    for (field, value) in expected {
        let own = found.get(field);
        if own != Some(value) {
            let own = own.map_or_else(|| "nothing".to_owned(), |own| format!("{own:?}"));
            return Err(format!("{field} is {own}, expected {value:?}"));
        }
    }
    Ok(())
}

/// Returns values that differ from those of the next number in every field.
fn values(capabilities: &Capabilities, at: usize) -> SyncValues {
    let text = |offset: usize| TEXTS[(at + offset) % TEXTS.len()];
    let value = |field: SyncField| match field {
        SyncField::Title => SyncValue::text(format!("{} {at}", text(0))),
        SyncField::Status => SyncValue::text(["pending", "in_progress", "completed"][at % 3]),
        SyncField::Priority => SyncValue::text(["critical", "high", "medium", "low"][at % 4]),
        SyncField::Type => SyncValue::text(["feature", "bug"][at % 2]),
        SyncField::Estimate => SyncValue::text(["45m", "1h 30m"][at % 2]),
        SyncField::Due => SyncValue::text(["2026-12-01", "2026-12-24"][at % 2]),
        SyncField::Sprint => SyncValue::text(["SPRINT-1", ""][at % 2]),
        SyncField::Assignee => SyncValue::text(["ada", "Grace Hopper", ""][at % 3]),
        SyncField::Area => SyncValue::text(["ui", "rag_system"][at % 2]),
        SyncField::Labels => {
            let labels = [format!("l{at}"), "shared".to_owned()];
            SyncValue::Labels(labels.into_iter().take(1 + at % 2).collect())
        }
        SyncField::Dependencies => SyncValue::Labels([at.to_string()].into()),
        SyncField::Metadata => SyncValue::text(["{\"a\":1}", "{\"b\":[2]}"][at % 2]),
        SyncField::Progress => SyncValue::text(["0", "50", "100"][at % 3]),
        SyncField::Signoffs => SyncValue::text(["0/2", "1/2", "2/2"][at % 3]),
        SyncField::Body => {
            let lines = [text(1), "", "- [ ] a checkbox", text(2)];
            SyncValue::text(format!("{}\n", lines[..1 + at % 4].join("\n").trim_end()))
        }
    };
    let is_written = |field: &&SyncField| !capabilities.read_only.contains(field);
    capabilities.fields.iter().filter(is_written).map(|field| (*field, value(*field))).collect()
}
