//! SARIF 2.1.0: results that fail are findings, rated by their rule's `security-severity`, else by their level.

mod log;
mod rules;

use std::collections::BTreeMap;

use super::found::{Found, ToolReport, name};
use super::severity::Rating;
use super::{ReportFormat, json, place, severity};
use crate::model::{FindingSeverity, Problem};
use log::{ArtifactLocation, Location, Log, Notification, Result as SarifResult, Run};
use rules::{Rule, rule_of};

/// How many bases deep a URI may be.
const MOST_BASES: usize = 8;
/// Fingerprints that are known to be stable, best first; others follow by name.
const STABLE: [&str; 2] = ["primaryLocationLineHash", "primaryLocationLineHash/v1"];

/// Reads a report.
pub(super) fn read(text: &str, top: &str) -> Result<ToolReport, Problem> {
    let log: Log = json::parse(text)?;
    let wrong = |message: String| Problem::error(message).on_key("version").with_hint("SARIF 2.1.0 is read");
    match log.version.as_deref() {
        Some("2.1.0") => {}
        Some(other) => {
            return Err(wrong(format!("`{}` is a version of SARIF that is not read", name(other))));
        }
        None => return Err(wrong("is missing".to_owned())),
    }
    let runs = log.runs.filter(|runs| !runs.is_empty());
    let hint = "a tool that looked and found nothing writes a run without results";
    let runs = runs.ok_or_else(|| Problem::error("has no run").on_key("runs").with_hint(hint))?;
    if log.inline_external_properties.is_some_and(|parts| !parts.is_empty()) {
        let hint = "have the tool write its results into `runs`";
        let problem = Problem::error("has runs in other files: they are not read");
        return Err(problem.on_key("inlineExternalProperties").with_hint(hint));
    }
    let mut report = ToolReport::of(ReportFormat::Sarif);
    for (at, run) in runs.iter().enumerate() {
        read_run(run, top, &mut report).map_err(|problem| {
            let key = problem.key.clone().unwrap_or_default();
            problem.on_key(format!("runs[{at}]{key}"))
        })?;
    }
    Ok(report)
}

fn read_run(run: &Run, top: &str, report: &mut ToolReport) -> Result<(), Problem> {
    let Some(driver) = run.tool.driver.name.as_deref().map(name).filter(|name| !name.is_empty()) else {
        return Err(Problem::error("is missing").on_key(".tool.driver.name"));
    };
    let tool =
        category(run).map_or_else(|| driver.clone(), |category| name(&format!("{driver} ({category})")));
    if let Some(key) = run.external_property_file_references.as_ref().and_then(elsewhere) {
        return Err(Problem::error("is in another file").on_key(key));
    }
    let Some(results) = run.results.as_ref() else {
        return Err(Problem::error("are missing: the tool has not looked").on_key(".results"));
    };
    for result in results {
        match is_finding(result) {
            true => {
                let found = found(run, result, &tool, top, report);
                report.found.push(found);
            }
            false => report.left_out += 1,
        }
    }
    report.found.extend(notified(run, &tool, top));
    report.turned_off.extend(rules::turned_off(run).map(|rule| (tool.clone(), name(rule))));
    report.tools.push(tool);
    Ok(())
}

/// Returns the part of a run that is in another file, of those without which its results are not known.
fn elsewhere(files: &log::ExternalFiles) -> Option<&'static str> {
    let parts = [
        (".results", &files.results),
        (".invocations", &files.invocations),
        (".tool.driver", &files.driver),
        (".tool.extensions", &files.extensions),
    ];
    parts.into_iter().find(|(_, part)| part.is_some()).map(|(key, _)| key)
}

/// Returns what distinguishes several analyses by one tool: the part of the run's id before its last slash.
fn category(run: &Run) -> Option<&str> {
    let id = run.automation_details.as_ref()?.id.as_deref()?;
    id.rsplit_once('/').map(|(category, _)| category).filter(|category| !category.is_empty())
}

/// Whether a result is something to act on: it failed or awaits review, is still there, and nobody has
/// suppressed it. A suppression that is under review or rejected suppresses nothing.
fn is_finding(result: &SarifResult) -> bool {
    let kind = result.kind.as_deref().unwrap_or("fail");
    let is_accepted = |status: Option<&str>| status.is_none_or(|status| status == "accepted");
    let suppressions = result.suppressions.as_deref().unwrap_or_default();
    let is_suppressed = !suppressions.is_empty()
        && suppressions.iter().all(|suppression| is_accepted(suppression.status.as_deref()));
    !matches!(kind, "pass" | "notApplicable" | "informational")
        && result.baseline_state.as_deref() != Some("absent")
        && !is_suppressed
}

fn found(run: &Run, result: &SarifResult, tool: &str, top: &str, report: &mut ToolReport) -> Found {
    let rule = rule_of(run, result);
    let message = message(run, result, rule);
    let (file, line, column) = place_of(run, result.locations.as_deref(), top);
    let mut found = Found::new(tool, rating(run, result, rule, report), &message)
        .titled(heading(&message, result, rule))
        .of_rule(rules::id_of(result, rule))
        .marked(fingerprint(result))
        .within(logical_name(result.locations.as_deref()))
        .at(file, line)
        .fixed_by(recommendation(result, rule, &message).as_deref());
    found.column = column;
    found
}

/// Returns file, line and column of the first place in a file.
fn place_of(
    run: &Run,
    locations: Option<&[Location]>,
    top: &str,
) -> (Option<String>, Option<u32>, Option<u32>) {
    let location = locations.into_iter().flatten().find_map(|location| location.physical_location.as_ref());
    let region = location.and_then(|location| location.region.as_ref());
    let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let file = location.and_then(|location| location.artifact_location.as_ref());
    (
        file.and_then(|file| path(run, file, top)),
        number(region.and_then(|region| region.start_line)),
        number(region.and_then(|region| region.start_column)),
    )
}

/// Returns the name of the first place in the program.
fn logical_name(locations: Option<&[Location]>) -> Option<&str> {
    let mut all =
        locations.into_iter().flatten().flat_map(|location| location.logical_locations.iter().flatten());
    all.find_map(|place| place.fully_qualified_name.as_deref().or(place.name.as_deref()))
}

/// Rates a result: by the score of its rule, else by its own, else by its level, else by the level that its rule has: as
/// the run set it, or as the tool has it. A score that rates nothing makes no finding milder than its level does.
fn rating(run: &Run, result: &SarifResult, rule: Option<&Rule>, report: &mut ToolReport) -> FindingSeverity {
    let own = rated_by(run, result, rule, report);
    // Its id names no rule, and its index one of another id: which of them is wrong is unknown.
    let Some(other) = rules::only_by_index(run, result).filter(|_| rule.is_none()) else { return own };
    let severity = severity::worse(own, rated_by(run, result, Some(other), report));
    let [id, other] = [rules::id_of(result, None), other.id()].map(|id| name(id.unwrap_or_default()));
    report.warn(&format!("a result names rule `{id}` and the index of `{other}`; counted as {severity}"));
    severity
}

fn rated_by(
    run: &Run,
    result: &SarifResult,
    rule: Option<&Rule>,
    report: &mut ToolReport,
) -> FindingSeverity {
    let bags = [rule.and_then(|rule| rule.properties.as_ref()), result.properties.as_ref()];
    let by_level = || of_level(run, result, rule, &bags);
    match bags.into_iter().flatten().find_map(log::Properties::rating) {
        Some(Rating::Is(severity @ FindingSeverity::Unknown(_))) => severity::worse(severity, by_level()),
        Some(Rating::Is(severity)) => severity,
        Some(Rating::AtLeast(severity, value)) => {
            let severity = severity::worse(by_level(), severity);
            let rule =
                rules::id_of(result, rule).map(|id| format!(" of rule {}", name(id))).unwrap_or_default();
            let message = format!(
                "security-severity `{value}`{rule} is not a score from 0.1 to 10; counted as {severity}"
            );
            report.warn(&message);
            severity
        }
        None => by_level(),
    }
}

fn of_level(
    run: &Run,
    result: &SarifResult,
    rule: Option<&Rule>,
    bags: &[Option<&log::Properties>],
) -> FindingSeverity {
    let default = || rule.and_then(|rule| rule.default_configuration.as_ref()?.level.as_deref());
    match (result.level.as_deref(), result.kind.as_deref().unwrap_or("fail")) {
        // A tool that leaves the judgement to people says so by the kind, and rates nothing.
        (None | Some("none"), "open" | "review") => FindingSeverity::Medium,
        (Some(level), _) => severity::of_level(level),
        (None, _) => match rules::set_level(run, result, rule).or_else(default) {
            Some(level) => severity::of_level(level),
            None => {
                let tagged = bags.iter().flatten().find_map(|bag| bag.tagged());
                tagged.unwrap_or_else(|| severity::of_level("warning"))
            }
        },
    }
}

/// Returns the words of a result: its own, else those that its rule has for it, else the rule's description.
fn message(run: &Run, result: &SarifResult, rule: Option<&Rule>) -> String {
    let message = result.message.as_ref();
    let own = message.and_then(|message| message.text.clone().or_else(|| message.markdown.clone()));
    let own = own.or_else(|| rules::stored_message(run, rule, message?.id.as_deref()?));
    let arguments = message.and_then(|message| message.arguments.as_deref()).unwrap_or_default();
    let own = own.map(|text| plain(&filled(&text, arguments))).filter(|text| !text.trim().is_empty());
    own.or_else(|| rules::description(rule))
        .or_else(|| rules::id_of(result, rule).map(str::to_owned))
        .unwrap_or_else(|| "a result without words".to_owned())
}

/// Returns a title for words of several lines: what the rule looks for, where it says more than its own id, else the
/// first sentence, which may run over lines.
fn heading(message: &str, result: &SarifResult, rule: Option<&Rule>) -> Option<String> {
    let mut lines = message.trim().lines();
    let mut first = lines.next().filter(|first| first.len() < message.trim().len())?.trim_end().to_owned();
    let id = rules::id_of(result, rule).unwrap_or_default();
    if let Some(description) = rules::description(rule).filter(|text| id.is_empty() || !text.contains(id)) {
        return Some(description.replace('\n', " "));
    }
    for line in lines {
        let is_next = line.starts_with(|c: char| c.is_alphanumeric())
            && !line.split(' ').next().is_some_and(|word| word.ends_with(':'));
        if !is_next || first.contains(". ") || first.ends_with(['.', ':', '!', '?']) {
            break;
        }
        first = format!("{first} {}", line.trim_end());
    }
    Some(first.split_once(". ").map_or(first.clone(), |(sentence, _)| format!("{sentence}.")))
}

/// Puts arguments in the place of `{0}`, once: what an argument says is not looked at again.
fn filled(text: &str, arguments: &[String]) -> String {
    if arguments.is_empty() {
        return text.to_owned();
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let argument = after
            .split_once('}')
            .and_then(|(number, after)| Some((arguments.get(number.parse::<usize>().ok()?)?, after)));
        match argument {
            Some((argument, after)) => {
                out.push_str(argument);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// Takes links to other places of the report out: `[the source](1)` is `the source`.
fn plain(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("](") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let link =
            after.split_once(')').filter(|(to, _)| !to.is_empty() && to.bytes().all(|c| c.is_ascii_digit()));
        match (link, before.rfind('[')) {
            (Some((_, after)), Some(open)) => {
                out.push_str(&before[..open]);
                out.push_str(&before[open + 1..]);
                rest = after;
            }
            _ => {
                out.push_str(&rest[..at + 2]);
                rest = after;
            }
        }
    }
    out + rest
}

/// Returns what to do: a fix, else the help of the rule where that is more than the message.
fn recommendation(result: &SarifResult, rule: Option<&Rule>, message: &str) -> Option<String> {
    let fix = result.fixes.iter().flatten().find_map(|fix| fix.description.as_ref()?.text.clone());
    let help = rule
        .and_then(|rule| rule.help.as_ref())
        .and_then(|help| help.text.clone().or_else(|| help.markdown.clone()));
    let help = help.filter(|help| help.trim() != message.trim());
    let more = rule.and_then(|rule| rule.help_uri.as_ref()).map(|uri| format!("More: {uri}"));
    let parts: Vec<String> =
        fix.or(help).into_iter().chain(more).filter(|part| !part.trim().is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// Returns the best fingerprint. A text with spaces is none, but what a tool says instead of one.
fn fingerprint(result: &SarifResult) -> Option<String> {
    let usable = |print: &&String| !print.is_empty() && !print.contains(char::is_whitespace);
    let best = |prints: &Option<BTreeMap<String, String>>| {
        let prints = prints.as_ref()?;
        let stable = STABLE.iter().find_map(|key| prints.get(*key).filter(usable));
        stable.or_else(|| prints.values().find(usable)).cloned()
    };
    best(&result.partial_fingerprints).or_else(|| best(&result.fingerprints))
}

/// Returns the path of a file: its URI, or that of the artifact it points to, below its base.
fn path(run: &Run, location: &ArtifactLocation, top: &str) -> Option<String> {
    let pointed = || {
        let index = usize::try_from(location.index?).ok()?;
        run.artifacts.as_ref()?.get(index)?.location.as_ref()
    };
    let location = if location.uri.is_some() { location } else { pointed()? };
    let (mut uri, mut base) = (location.uri.clone()?, location.uri_base_id.as_deref());
    for _ in 0..MOST_BASES {
        let Some(found) = base.and_then(|id| run.original_uri_base_ids.as_ref()?.get(id)) else { break };
        uri = place::joined(found.uri.as_deref().unwrap_or_default(), &uri);
        base = found.uri_base_id.as_deref();
    }
    Some(place::of_uri(&uri, top))
}

/// Returns what a tool says of itself: that its run failed, so that its results are not all there are, with all that it
/// notifies of; in a run that went well, each error, such as a file that was not looked at.
fn notified(run: &Run, tool: &str, top: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for invocation in run.invocations.iter().flatten() {
        let lists = [&invocation.tool_execution_notifications, &invocation.tool_configuration_notifications];
        let notes = lists.into_iter().flatten().flatten();
        if invocation.execution_successful == Some(false) {
            let mut message = format!("{tool} says that its run failed");
            for note in notes.take(20) {
                let place = match place_of(run, note.locations.as_deref(), top) {
                    (Some(file), Some(line), _) => format!("{file}:{line}: "),
                    (Some(file), None, _) => format!("{file}: "),
                    (None, ..) => String::new(),
                };
                message.push_str(&format!("\n{place}{}", words_of(run, note)));
            }
            found.push(Found::new(tool, FindingSeverity::High, &message).of_rule(Some("execution")));
            continue;
        }
        for note in notes.filter(|note| is_error(note)) {
            let (file, line, _) = place_of(run, note.locations.as_deref(), top);
            let severity = severity::of_level(note.level.as_deref().unwrap_or("error"));
            let message = words_of(run, note);
            found.push(Found::new(tool, severity, &message).of_rule(Some("execution")).at(file, line));
        }
    }
    found
}

/// Whether a notification is one of an error. Without a level it is a warning; a level that nobody knows is an error.
fn is_error(note: &Notification) -> bool {
    !matches!(note.level.as_deref(), None | Some("none" | "note" | "warning"))
}

/// Returns the words of a notification, else the id of what it is about.
fn words_of(run: &Run, note: &Notification) -> String {
    let message = note.message.as_ref();
    let own = message.and_then(|message| message.text.clone().or_else(|| message.markdown.clone()));
    let own = own.or_else(|| rules::stored_message(run, None, message?.id.as_deref()?));
    let arguments = message.and_then(|message| message.arguments.as_deref()).unwrap_or_default();
    let own = own.map(|text| plain(&filled(&text, arguments))).filter(|text| !text.trim().is_empty());
    own.or_else(|| note.descriptor.as_ref()?.id.clone())
        .unwrap_or_else(|| "a notification without words".to_owned())
}

#[cfg(test)]
mod tests;
