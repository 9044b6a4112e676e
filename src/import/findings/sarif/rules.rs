//! Which rule a result is of, by index into the tool or one of its extensions, else by id; and how the run set it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::log::{
    Component, ComponentReference, Message, Override, Properties, Result as SarifResult, RuleReference, Run,
};

/// What a tool says of a rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: Option<String>,
    guid: Option<String>,
    short_description: Option<Message>,
    full_description: Option<Message>,
    message_strings: Option<BTreeMap<String, Message>>,
    pub(super) help: Option<Message>,
    pub(super) help_uri: Option<String>,
    pub(super) default_configuration: Option<Configuration>,
    pub(super) properties: Option<Properties>,
}

impl Rule {
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// How a rule is set.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration {
    pub(super) level: Option<String>,
    enabled: Option<bool>,
}

/// Finds the rule of a result.
pub(super) fn rule_of<'r>(run: &'r Run, result: &SarifResult) -> Option<&'r Rule> {
    let reference = result.rule.as_ref();
    let index = reference.and_then(|rule| rule.index).or(result.rule_index);
    let guid = reference.and_then(|rule| rule.guid.as_deref());
    let component = reference.and_then(|rule| rule.tool_component.as_ref());
    find(run, written_id(result), index, guid, component)
}

/// Returns the rule that a result's index leads to, whatever the result's id says.
pub(super) fn only_by_index<'r>(run: &'r Run, result: &SarifResult) -> Option<&'r Rule> {
    let reference = result.rule.as_ref();
    let index = reference.and_then(|rule| rule.index).or(result.rule_index)?;
    let component = component_of(run, reference.and_then(|rule| rule.tool_component.as_ref()))?;
    component.rules.as_ref()?.get(usize::try_from(index).ok()?)
}

fn referred<'r>(run: &'r Run, reference: &RuleReference) -> Option<&'r Rule> {
    let (id, guid) = (reference.id.as_deref(), reference.guid.as_deref());
    find(run, id, reference.index, guid, reference.tool_component.as_ref())
}

/// Finds a rule. An index that leads to a rule of another id is not believed.
fn find<'r>(
    run: &'r Run,
    id: Option<&str>,
    index: Option<i64>,
    guid: Option<&str>,
    component: Option<&ComponentReference>,
) -> Option<&'r Rule> {
    let component = component_of(run, component);
    let indexed = index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| component?.rules.as_ref()?.get(index))
        .filter(|rule| id.is_none() || rule.id.is_none() || id.is_some_and(|id| is_called(rule, id)));
    let all = || components(run).flat_map(|component| component.rules.iter().flatten());
    let by_guid = || all().find(|rule| guid.is_some() && rule.guid.as_deref() == guid);
    let by_id = || {
        let id = id?;
        let exact = all().find(|rule| rule.id.as_deref() == Some(id));
        exact.or_else(|| all().find(|rule| is_called(rule, id)))
    };
    indexed.or_else(by_guid).or_else(by_id)
}

/// Returns the level that the call of the tool which found a result set for its rule: SARIF 2.1.0, 3.27.10.
pub(super) fn set_level<'r>(run: &'r Run, result: &SarifResult, rule: Option<&Rule>) -> Option<&'r str> {
    let invocations = run.invocations.as_deref()?;
    let named = result.provenance.as_ref().and_then(|provenance| provenance.invocation_index);
    // Where there was one call, it need not be named: 3.48.6.
    let index = named.or_else(|| (invocations.len() == 1).then_some(0))?;
    let invocation = invocations.get(usize::try_from(index).ok()?)?;
    let own = invocation.rule_configuration_overrides.iter().flatten();
    let mut own = own.filter(|own| is_of(run, own, result, rule));
    own.find_map(|own| own.configuration.as_ref()?.level.as_deref())
}

/// Whether an override is of the rule of a result, be it listed or only named.
fn is_of(run: &Run, own: &Override, result: &SarifResult, rule: Option<&Rule>) -> bool {
    let Some(reference) = &own.descriptor else { return false };
    match (referred(run, reference), rule) {
        (Some(meant), Some(rule)) => std::ptr::eq(meant, rule),
        (None, None) => reference.id.is_some() && reference.id.as_deref() == written_id(result),
        _ => false,
    }
}

/// Returns the rules that a call of the tool has turned off: what it does not find of them may be there.
pub(super) fn turned_off(run: &Run) -> impl Iterator<Item = &str> {
    let overrides = run.invocations.iter().flatten().flat_map(|call| &call.rule_configuration_overrides);
    let is_off = |own: &&Override| own.configuration.as_ref().is_some_and(|set| set.enabled == Some(false));
    overrides.flatten().filter(is_off).filter_map(|own| {
        let reference = own.descriptor.as_ref()?;
        referred(run, reference).and_then(|rule| rule.id.as_deref()).or(reference.id.as_deref())
    })
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

/// Whether an id is a rule's, or a part of it: `CA1000/1` is one of `CA1000`.
fn is_called(rule: &Rule, id: &str) -> bool {
    let Some(own) = rule.id.as_deref() else { return false };
    id == own || id.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'))
}

fn components(run: &Run) -> impl Iterator<Item = &Component> {
    [&run.tool.driver].into_iter().chain(run.tool.extensions.iter().flatten())
}

fn component_of<'r>(run: &'r Run, reference: Option<&ComponentReference>) -> Option<&'r Component> {
    let Some(reference) = reference else { return Some(&run.tool.driver) };
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
