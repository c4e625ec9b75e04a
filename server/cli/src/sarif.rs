//! SARIF 2.1.0, for code scanning services and viewers.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, LogicalLocation,
    Message, MultiformatMessageString, Notification, PhysicalLocation, PropertyBag, Region,
    Replacement, ReportingConfiguration, ReportingDescriptor, Result as SarifResult, ResultLevel,
    Run, SCHEMA_URL, Sarif, Suppression, Tool, ToolComponent,
};
use stockade_engine::Safety;
use stockade_engine::Severity;

use crate::catalog::Rule;
use crate::outcome::{
    self, Edit, Failure, Finding, Outcome, Place, Span, Status, Suppressed, safety_name,
};

/// What a path may hold in a URI unescaped (RFC 3986, unreserved characters and `/`).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The log of a run. `rules` are those of the findings and all others that were in force.
pub(crate) fn log(outcome: &Outcome, rules: &[Rule]) -> Sarif {
    let index: BTreeMap<&str, usize> = rules
        .iter()
        .enumerate()
        .map(|(i, rule)| (rule.id.as_str(), i))
        .collect();
    let driver = ToolComponent::builder()
        .name("Stockade")
        .semantic_version(outcome.stockade_version)
        .rules(rules.iter().map(descriptor).collect::<Vec<_>>())
        .build();
    let results = outcome
        .findings
        .iter()
        .map(|finding| result(finding, index.get(finding.rule.as_str()).copied()));
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!("unicodeCodePoints"))
        .results(results.collect::<Vec<_>>())
        .invocations(vec![invocation(outcome)])
        .build();
    Sarif::builder()
        .version(json!("2.1.0"))
        .schema(SCHEMA_URL)
        .runs(vec![run])
        .build()
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let mut tags = vec!["security".to_owned(), rule.category.clone()];
    tags.extend(rule.compliance.iter().cloned());
    let properties = PropertyBag::builder()
        .tags(tags)
        .additional_properties(BTreeMap::from([
            ("aliases".to_owned(), json!(rule.same_as)),
            (
                "security-severity".to_owned(),
                json!(security_severity(rule.severity)),
            ),
            ("precision".to_owned(), json!("high")),
        ]))
        .build();
    ReportingDescriptor::builder()
        .id(rule.id.as_str())
        .name(rule.id.as_str())
        .short_description(
            MultiformatMessageString::builder()
                .text(rule.title.as_str())
                .build(),
        )
        .full_description(
            MultiformatMessageString::builder()
                .text(rule.summary.as_str())
                .build(),
        )
        .help(
            MultiformatMessageString::builder()
                .text(rule.page.as_str())
                .markdown(rule.page.as_str())
                .build(),
        )
        .default_configuration(
            ReportingConfiguration::builder()
                .level(json!(level(rule.severity)))
                .build(),
        )
        .properties(properties)
        .build()
}

/// GitHub's scale: over 9.0 critical, 7.0 high, 4.0 medium, else low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.5",
    }
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

fn result(finding: &Finding, rule_index: Option<usize>) -> SarifResult {
    let mut result = SarifResult::builder()
        .rule_id(finding.rule.as_str())
        .level(level(finding.severity))
        .message(message(&finding.message))
        .locations(vec![subject_location(finding)])
        .related_locations(
            finding
                .related
                .iter()
                .zip(1..)
                .map(|(related, id)| related_location(related, id))
                .collect::<Vec<_>>(),
        )
        .fixes(finding.fixes.iter().map(fix).collect::<Vec<_>>())
        .partial_fingerprints(BTreeMap::from([(
            "stockade/v1".to_owned(),
            finding.fingerprint.clone(),
        )]))
        .properties(result_properties(finding))
        .build();
    result.rule_index = rule_index.and_then(|index| i64::try_from(index).ok());
    result.suppressions = Some(finding.suppressed.iter().map(suppression).collect());
    result
}

fn result_properties(finding: &Finding) -> PropertyBag {
    let mut properties = BTreeMap::from([
        ("resource".to_owned(), json!(finding.resource)),
        ("severity".to_owned(), json!(finding.severity.name())),
        ("aliases".to_owned(), json!(finding.same_as)),
    ]);
    let mut unless_empty = |name: &str, value: Value, is_empty: bool| {
        if !is_empty {
            properties.insert(name.to_owned(), value);
        }
    };
    unless_empty(
        "element",
        json!(finding.element),
        finding.element.is_empty(),
    );
    unless_empty(
        "instances",
        json!(finding.instances),
        finding.instances.is_empty(),
    );
    unless_empty("rows", json!(finding.rows), finding.rows.is_empty());
    PropertyBag::builder()
        .additional_properties(properties)
        .build()
}

fn subject_location(finding: &Finding) -> Location {
    let mut location = location(&finding.place.file, Some(finding.place.range));
    if !finding.resource.is_empty() {
        let resource = LogicalLocation::builder()
            .fully_qualified_name(finding.resource.as_str())
            .kind("resource")
            .build();
        location.logical_locations = Some(vec![resource]);
    }
    location
}

fn related_location(related: &outcome::Related, id: i64) -> Location {
    let mut location = location(&related.place.file, Some(related.place.range));
    location.id = Some(id);
    location.message = Some(message(&related.message));
    location
}

fn location(file: &str, range: Option<Span>) -> Location {
    let mut place = PhysicalLocation::builder()
        .artifact_location(artifact(file))
        .build();
    place.region = range.map(region);
    Location::builder().physical_location(place).build()
}

fn artifact(file: &str) -> ArtifactLocation {
    let path = utf8_percent_encode(file, PATH).to_string();
    let uri = if file.starts_with('/') {
        format!("file://{path}")
    } else {
        path
    };
    ArtifactLocation::builder().uri(uri).build()
}

fn region(span: Span) -> Region {
    Region::builder()
        .start_line(i64::from(span.start.line))
        .start_column(i64::from(span.start.column))
        .end_line(i64::from(span.end.line))
        .end_column(i64::from(span.end.column))
        .build()
}

fn fix(fix: &outcome::Fix) -> Fix {
    let mut files: Vec<(&Place, Vec<Replacement>)> = Vec::new();
    for edit in &fix.edits {
        match files
            .iter_mut()
            .find(|(first, _)| first.path == edit.place.path)
        {
            Some((_, replacements)) => replacements.push(replacement(edit)),
            None => files.push((&edit.place, vec![replacement(edit)])),
        }
    }
    let changes = files.into_iter().map(|(place, replacements)| {
        ArtifactChange::builder()
            .artifact_location(artifact(&place.file))
            .replacements(replacements)
            .build()
    });
    let safety = BTreeMap::from([
        ("safety".to_owned(), json!(safety_name(fix.safety))),
        ("preferred".to_owned(), json!(fix.safety == Safety::Safe)),
    ]);
    Fix::builder()
        .description(message(&fix.title))
        .artifact_changes(changes.collect::<Vec<_>>())
        .properties(PropertyBag::builder().additional_properties(safety).build())
        .build()
}

fn replacement(edit: &Edit) -> Replacement {
    Replacement::builder()
        .deleted_region(region(edit.place.range))
        .inserted_content(
            ArtifactContent::builder()
                .text(edit.insert.as_str())
                .build(),
        )
        .build()
}

fn suppression(suppressed: &Suppressed) -> Suppression {
    let mut suppression = Suppression::builder().kind(json!("inSource")).build();
    suppression.justification = suppressed.reason.clone();
    suppression
}

fn invocation(outcome: &Outcome) -> Invocation {
    let (settings, execution): (Vec<&Failure>, Vec<&Failure>) = outcome
        .errors
        .iter()
        .partition(|e| e.kind == "configuration-error");
    let mut execution: Vec<Notification> = execution.into_iter().map(failure).collect();
    execution.extend(outcome.unseen.modules_not_installed.iter().map(|call| {
        let how = match call.source.starts_with('.') {
            true => "it is looked at once it is there",
            false => "`terraform init` fetches it",
        };
        let (address, source) = (&call.address, &call.source);
        let text = format!("{address} ({source}) is not on this machine; {how}.");
        notification("note", &text, location(&call.file, None))
    }));
    execution.extend(outcome.unseen.files_not_readable.iter().map(|file| {
        let text = format!("Nothing of it is known: {}.", file.reason);
        notification("note", &text, location(&file.file, None))
    }));
    Invocation::builder()
        .execution_successful(outcome.status() != Status::Incomplete)
        .exit_code(outcome.status() as i64)
        .tool_configuration_notifications(settings.into_iter().map(failure).collect::<Vec<_>>())
        .tool_execution_notifications(execution)
        .build()
}

fn failure(failure: &Failure) -> Notification {
    notification(
        "error",
        &failure.message,
        location(&failure.file, failure.range),
    )
}

fn notification(level: &str, text: &str, location: Location) -> Notification {
    Notification::builder()
        .level(json!(level))
        .message(message(text))
        .locations(vec![location])
        .build()
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}
