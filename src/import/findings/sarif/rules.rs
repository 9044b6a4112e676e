//! Which rule a result is of: by index into the tool or one of its extensions, else by id.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::log::{Component, Message, Properties, Result as SarifResult, Run};

/// What a tool says of a rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: Option<String>,
    short_description: Option<Message>,
    full_description: Option<Message>,
    message_strings: Option<BTreeMap<String, Message>>,
    pub(super) help: Option<Message>,
    pub(super) help_uri: Option<String>,
    pub(super) default_configuration: Option<Configuration>,
    pub(super) properties: Option<Properties>,
}

/// How a rule is set.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration {
    pub(super) level: Option<String>,
}

/// Finds the rule of a result. An index that leads to a rule of another id is not believed.
pub(super) fn rule_of<'r>(run: &'r Run, result: &SarifResult) -> Option<&'r Rule> {
    let reference = result.rule.as_ref();
    let id = written_id(result);
    let component = component_of(run, result);
    let index = reference.and_then(|rule| rule.index).or(result.rule_index);
    let indexed = index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| component?.rules.as_ref()?.get(index))
        .filter(|rule| id.is_none() || rule.id.is_none() || id.is_some_and(|id| is_called(rule, id)));
    let by_id = || {
        let id = id?;
        let all = || components(run).flat_map(|component| component.rules.iter().flatten());
        let exact = all().find(|rule| rule.id.as_deref() == Some(id));
        exact.or_else(|| all().find(|rule| is_called(rule, id)))
    };
    indexed.or_else(by_id)
}

/// Returns the id that a finding bears: the result's own, which may be finer than the rule's.
pub(super) fn id_of<'r>(result: &'r SarifResult, rule: Option<&'r Rule>) -> Option<&'r str> {
    written_id(result).or_else(|| rule?.id.as_deref())
}

/// Returns the words that a rule or a component keeps under an id.
pub(super) fn stored_message(run: &Run, rule: Option<&Rule>, id: &str) -> Option<String> {
    let own = rule.and_then(|rule| rule.message_strings.as_ref()?.get(id));
    let global = || components(run).find_map(|component| component.global_message_strings.as_ref()?.get(id));
    let message = own.or_else(global)?;
    message.text.clone().or_else(|| message.markdown.clone())
}

/// Returns what a rule looks for.
pub(super) fn description(rule: Option<&Rule>) -> Option<String> {
    let rule = rule?;
    let all = [&rule.short_description, &rule.full_description];
    let mut texts = all.into_iter().flatten().filter_map(|message| message.text.clone());
    texts.find(|text| !text.trim().is_empty())
}

fn written_id(result: &SarifResult) -> Option<&str> {
    let referred = || result.rule.as_ref()?.id.as_deref();
    result.rule_id.as_deref().or_else(referred).filter(|id| !id.trim().is_empty())
}

/// Tells whether an id is a rule's, or a part of it: `CA1000/1` is one of `CA1000`.
fn is_called(rule: &Rule, id: &str) -> bool {
    let Some(own) = rule.id.as_deref() else { return false };
    id == own || id.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'))
}

fn components(run: &Run) -> impl Iterator<Item = &Component> {
    [&run.tool.driver].into_iter().chain(run.tool.extensions.iter().flatten())
}

fn component_of<'r>(run: &'r Run, result: &SarifResult) -> Option<&'r Component> {
    let Some(reference) = result.rule.as_ref().and_then(|rule| rule.tool_component.as_ref()) else {
        return Some(&run.tool.driver);
    };
    let extensions = run.tool.extensions.as_deref().unwrap_or_default();
    if let Some(index) = reference.index {
        return usize::try_from(index).ok().and_then(|index| extensions.get(index));
    }
    let is_meant = |component: &&Component| {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        same(&component.guid, &reference.guid) || same(&component.name, &reference.name)
    };
    components(run).find(is_meant)
}
