//! The parts of a SARIF log that matter here. What is not named is passed over, unread.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::rules::{Configuration, Rule};
use crate::import::findings::severity::{self, Rating};
use crate::model::FindingSeverity;

macro_rules! objects {
    ($($(#[doc = $about:literal])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[doc = $about])*
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name {
            $(pub(super) $field: $kind),*
        }
    )*};
}

objects! {
    /// The whole document.
    Log {
        version: Option<String>,
        runs: Option<Vec<Run>>,
        inline_external_properties: Option<Vec<serde::de::IgnoredAny>>,
    }
    /// One run of one tool.
    Run {
        tool: Tool,
        results: Option<Vec<Result>>,
        artifacts: Option<Vec<Artifact>>,
        original_uri_base_ids: Option<BTreeMap<String, ArtifactLocation>>,
        invocations: Option<Vec<Invocation>>,
        automation_details: Option<AutomationDetails>,
        external_property_file_references: Option<ExternalFiles>,
    }
    /// The tool and its extensions.
    Tool { driver: Component, extensions: Option<Vec<Component>> }
    /// A tool or an extension of one.
    Component {
        name: Option<String>,
        guid: Option<String>,
        rules: Option<Vec<Rule>>,
        global_message_strings: Option<BTreeMap<String, Message>>,
    }
    /// One result.
    Result {
        rule_id: Option<String>,
        rule_index: Option<i64>,
        rule: Option<RuleReference>,
        level: Option<String>,
        kind: Option<String>,
        message: Option<Message>,
        locations: Option<Vec<Location>>,
        fingerprints: Option<BTreeMap<String, String>>,
        partial_fingerprints: Option<BTreeMap<String, String>>,
        suppressions: Option<Vec<Suppression>>,
        baseline_state: Option<String>,
        fixes: Option<Vec<Fix>>,
        provenance: Option<Provenance>,
        properties: Option<Properties>,
    }
    /// Which rule a result or an override is of.
    RuleReference {
        id: Option<String>,
        index: Option<i64>,
        guid: Option<String>,
        tool_component: Option<ComponentReference>,
    }
    /// Which component a rule is of.
    ComponentReference { name: Option<String>, index: Option<i64>, guid: Option<String> }
    /// Words.
    Message {
        text: Option<String>,
        markdown: Option<String>,
        id: Option<String>,
        arguments: Option<Vec<String>>,
    }
    /// A place.
    Location {
        physical_location: Option<PhysicalLocation>,
        logical_locations: Option<Vec<LogicalLocation>>,
    }
    /// A place in a program.
    LogicalLocation { fully_qualified_name: Option<String>, name: Option<String> }
    /// A place in a file.
    PhysicalLocation { artifact_location: Option<ArtifactLocation>, region: Option<Region> }
    /// A file.
    ArtifactLocation { uri: Option<String>, uri_base_id: Option<String>, index: Option<i64> }
    /// A part of a file.
    Region { start_line: Option<i64>, start_column: Option<i64> }
    /// A file that the run knows.
    Artifact { location: Option<ArtifactLocation> }
    /// That somebody does not want to hear of it.
    Suppression { status: Option<String> }
    /// A fix.
    Fix { description: Option<Message> }
    /// How the tool was run.
    Invocation {
        execution_successful: Option<bool>,
        tool_execution_notifications: Option<Vec<Notification>>,
        tool_configuration_notifications: Option<Vec<Notification>>,
        rule_configuration_overrides: Option<Vec<Override>>,
    }
    /// How a rule was set otherwise for this call of the tool.
    Override { descriptor: Option<RuleReference>, configuration: Option<Configuration> }
    /// Where a result comes from.
    Provenance { invocation_index: Option<i64> }
    /// What the tool says of itself.
    Notification {
        level: Option<String>,
        message: Option<Message>,
        descriptor: Option<RuleReference>,
        locations: Option<Vec<Location>>,
    }
    /// Which analysis this is.
    AutomationDetails { id: Option<String> }
    /// Which parts are in other files.
    ExternalFiles {
        results: Option<serde::de::IgnoredAny>,
        invocations: Option<serde::de::IgnoredAny>,
        driver: Option<serde::de::IgnoredAny>,
        extensions: Option<serde::de::IgnoredAny>,
    }
}

/// The properties that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Properties {
    #[serde(rename = "security-severity")]
    security_severity: Option<Score>,
    tags: Option<Tags>,
}

/// Words that a rule is filed under.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Tags {
    Texts(Vec<String>),
    Other(serde::de::IgnoredAny),
}

/// A score, as tools write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Score {
    Number(f64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl Properties {
    /// Returns what is stated in the place of a score.
    pub(super) fn rating(&self) -> Option<Rating> {
        Some(match self.security_severity.as_ref()? {
            Score::Number(score) => Rating::of_score(*score),
            Score::Text(text) => severity::of_score_text(text),
            Score::Other(_) => Rating::AtLeast(FindingSeverity::High, "neither number nor text".to_owned()),
        })
    }

    /// Returns the worst severity among the tags.
    pub(super) fn tagged(&self) -> Option<FindingSeverity> {
        let Tags::Texts(tags) = self.tags.as_ref()? else { return None };
        tags.iter().filter_map(|tag| severity::known_word(tag)).reduce(severity::worse)
    }
}
