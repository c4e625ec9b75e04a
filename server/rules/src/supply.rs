//! Where modules and providers come from: the sources that an organisation allows, and the lock file.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{SharedSubject, Step};
use stockade_model::{BlockId, BlockKind};
use stockade_schema::version::{Interval, Version};
use stockade_syntax::ast::{Block, Body, ExprKind};
use stockade_syntax::parse_body;

use crate::finding::{Finding, Place};
use crate::page::{Outcome, Page, Verdict};
use crate::world::World;

/// The code of the page about sources that settings don't allow.
pub const SOURCE: &str = "module-source";
/// The code of the page about the lock file.
pub const LOCK: &str = "lock-file";

/// The blocks that a page looks at.
pub(crate) fn subjects(page: &Page) -> Vec<(BlockKind, SmolStr)> {
    let kind = match page.code.as_deref() {
        Some(SOURCE) => BlockKind::Module,
        _ => BlockKind::Terraform,
    };
    vec![(kind, SmolStr::default())]
}

/// Runs one of the pages on a block.
pub(crate) fn run(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Outcome {
    let faults = match page.code.as_deref() {
        Some(SOURCE) => source(subject, world).into_iter().collect(),
        _ => lock(subject, world),
    };
    let finding = |(path, message): (Vec<Step>, String)| Finding {
        page: page.clone(),
        rows: Vec::new(),
        block,
        element: path.clone(),
        severity: page.severity,
        message,
        advises: false,
        at: Place { block, path },
        related: Vec::new(),
        fixes: Vec::new(),
        instances: Vec::new(),
    };
    let findings: Vec<Finding> = faults.into_iter().map(finding).collect();
    let verdict = match findings.is_empty() {
        true => Verdict::Pass,
        false => Verdict::Fail,
    };
    Outcome { findings, verdict }
}

/// What is wrong, and where.
type Fault = (Vec<Step>, String);

fn source(subject: &SharedSubject, world: &dyn World) -> Option<Fault> {
    let source = subject.body.get("source")?.as_str()?;
    let is_local = source.starts_with("./") || source.starts_with("../");
    (!is_local && !world.allows_source(source)).then(|| {
        let message = format!(
            "`{source}` is none of the sources that `[modules] sources` in stockade.toml allows.\nTake the module from one of those, or have the source added."
        );
        (vec![Step::Attr("source".into())], message)
    })
}

/// What `terraform init` locked of a provider.
struct Locked {
    /// `registry.terraform.io/hashicorp/aws`
    address: String,
    version: Option<Version>,
    has_hashes: bool,
}

/// Only where there is a backend: who writes a module for others commits no lock file.
fn lock(subject: &SharedSubject, world: &dyn World) -> Vec<Fault> {
    let is_root = ["backend", "cloud"]
        .iter()
        .any(|name| subject.body.blocks_of(name).next().is_some());
    let Some(providers) = subject.body.blocks_of("required_providers").next() else {
        return Vec::new();
    };
    if !is_root || providers.body.attributes.is_empty() {
        return Vec::new();
    }
    let Some(text) = world.lock_file() else {
        let message = "There is no .terraform.lock.hcl: each `terraform init` takes the newest providers, whatever they are by then, and checks no hashes.\nRun `terraform init`, and commit the file.";
        return vec![(providers.place.clone(), message.to_owned())];
    };
    let (body, _) = parse_body(&text);
    let locked = locked(&body);
    let mut faults = Vec::new();
    for (name, requirement) in &providers.body.attributes {
        let text = |key: &str| {
            requirement
                .child(&Step::Key(key.into()))?
                .as_str()
                .map(str::to_owned)
        };
        let source = text("source").unwrap_or_else(|| format!("hashicorp/{name}"));
        let constraint = text("version").or_else(|| requirement.as_str().map(str::to_owned));
        let mut place = [providers.place.as_slice(), &[Step::Attr(name.clone())]].concat();
        let own = locked.iter().find(|l| {
            l.address
                .to_lowercase()
                .ends_with(&format!("/{}", source.to_lowercase()))
        });
        let message = match own {
            None => format!(
                "`{name}` is not in .terraform.lock.hcl: its version and its hashes are not fixed.\nRun `terraform init`, and commit the file."
            ),
            Some(locked) if !locked.has_hashes => format!(
                "`{name}` has no hashes in .terraform.lock.hcl: what is downloaded is not checked.\nRun `terraform providers lock`, and commit the file."
            ),
            Some(locked) => {
                let allowed = constraint
                    .as_deref()
                    .and_then(|c| c.parse::<Interval>().ok());
                match (&locked.version, allowed) {
                    (Some(version), Some(allowed)) if !allowed.contains(version) => {
                        if requirement.as_str().is_none() {
                            place.push(Step::Key("version".into()));
                        }
                        format!(
                            "`{name}` is locked at {version}, which `{}` does not allow: `terraform init` fails.\nRun `terraform init -upgrade`, and commit the file.",
                            constraint.unwrap_or_default()
                        )
                    }
                    _ => continue,
                }
            }
        };
        faults.push((place, message));
    }
    faults
}

fn locked(body: &Body) -> Vec<Locked> {
    let providers = body.blocks().filter(|b| b.kind.name == "provider");
    let of_block = |block: &Block| {
        let version = block.body.attribute("version")?.value.literal_string();
        let hashes = block.body.attribute("hashes").map(|a| &a.value.kind);
        Some(Locked {
            address: block.labels.first()?.name.to_string(),
            version: version.and_then(|v| v.parse().ok()),
            has_hashes: matches!(hashes, Some(ExprKind::Tuple(all)) if !all.is_empty()),
        })
    };
    providers.filter_map(of_block).collect()
}
