//! Arguments that are stored in the state although the provider has a write-only one in their place
//! (Terraform 1.11), and write-only ones without their version.

mod constraint;
mod context;
mod convert;
pub(crate) mod uses;

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{EvalBody, Kind, SharedSubject, Step, Symbol, Value};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::version::Interval;
use stockade_schema::{WriteOnly, all_write_only, write_only};

use crate::finding::{Finding, Place, Severity};
use crate::fix::{Fix, FixEdit, Safety};
use crate::page::{Outcome, Page, Verdict};
use crate::world::World;

pub use uses::mentions;

/// The code of the page about arguments that are stored.
pub const STORED: &str = "write-only";
/// The code of the page about write-only arguments without their version.
pub const VERSION: &str = "write-only-version";

/// The code of the page about ephemeral values that stand where they would be stored.
pub const EPHEMERAL: &str = "ephemeral-context";

/// The blocks that a page looks at.
pub(crate) fn subjects(page: &Page) -> Vec<(BlockKind, SmolStr)> {
    let of = |kind: BlockKind| move |ty: SmolStr| (kind, ty);
    match page.code.as_deref() {
        Some(EPHEMERAL) => std::iter::once((BlockKind::Variable, SmolStr::default()))
            .chain(context::types().map(of(BlockKind::Ephemeral)))
            .collect(),
        _ => types().into_iter().map(of(BlockKind::Resource)).collect(),
    }
}

/// The types of resources that have write-only arguments.
fn types() -> Vec<SmolStr> {
    let mut types: Vec<SmolStr> = Vec::new();
    for row in all_write_only() {
        if types.last().is_none_or(|last| last != row.resource) {
            types.push(row.resource.into());
        }
    }
    types
}

/// Runs one of the pages on a resource.
pub(crate) fn run(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Outcome {
    if page.code.as_deref() == Some(EPHEMERAL) {
        return context::run(page, block, subject, world);
    }
    let mut outcome = Outcome::default();
    for row in write_only(&subject.address.ty) {
        if !row.secret || is_gone(row, world) {
            continue;
        }
        for (path, body) in bodies(&subject.body, &row.block) {
            let argument = Argument { block, path, row };
            let (verdict, finding) = match page.code.as_deref() {
                Some(STORED) => stored(page, &argument, body, subject, world),
                _ => without_version(page, &argument, body),
            };
            outcome.verdict = outcome.verdict.max(verdict);
            outcome.findings.extend(finding);
        }
    }
    outcome
}

/// A write-only argument, and the body that it may stand in.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) block: BlockId,
    /// The way to the body.
    pub(crate) path: Vec<Step>,
    pub(crate) row: &'static WriteOnly,
}

impl Argument {
    fn at(&self, name: &str) -> Place {
        Place {
            block: self.block,
            path: [self.path.as_slice(), &[Step::Attr(name.into())]].concat(),
        }
    }

    fn body(&self) -> Place {
        Place {
            block: self.block,
            path: self.path.clone(),
        }
    }

    /// The body of its version argument: the same, or one around it.
    fn version_body(&self) -> Option<Place> {
        let version = self.row.version_argument.as_ref()?;
        let path = self.path.get(..version.block.len())?;
        Some(Place {
            block: self.block,
            path: path.to_vec(),
        })
    }
}

/// The bodies of nested blocks, and the ways to them.
fn bodies<'b>(body: &'b EvalBody, names: &[&'b str]) -> Vec<(Vec<Step>, &'b EvalBody)> {
    let Some((first, rest)) = names.split_first() else {
        return vec![(Vec::new(), body)];
    };
    let inner = body.blocks_of(first).flat_map(|block| {
        let below = bodies(&block.body, rest).into_iter();
        below.map(|(path, body)| ([block.place.as_slice(), &path].concat(), body))
    });
    inner.collect()
}

/// Whether no version of the provider that the module allows has it, or could have it within the same major version.
fn is_gone(row: &WriteOnly, world: &dyn World) -> bool {
    let allowed = world.provider_versions(row.provider);
    let is_near = allowed.intersects(&Interval::at_least(row.since.clone()))
        || allowed.intersects(&Interval::major(row.since.major));
    if !is_near {
        return true;
    }
    let Some(removed) = &row.removed_in else {
        return false;
    };
    let from: Option<Interval> = format!(">= {removed}").parse().ok();
    from.is_some_and(|from| from.holds_on_whole(&allowed))
}

/// Whether something is written there: `None` where that can't be known. What somebody calls sensitive is there.
fn is_set(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Unknown(unknown) if !(unknown.not_null || value.sensitive || value.ephemeral) => None,
        Kind::Unknown(_) => Some(true),
        Kind::Null => Some(false),
        Kind::String(text) => Some(!text.is_empty()),
        Kind::List(_, elements) => Some(!elements.is_empty()),
        Kind::Object(entries) => Some(!entries.is_empty()),
        Kind::Bool(_) | Kind::Number(_) => Some(true),
    }
}

fn stored(
    page: &Arc<Page>,
    argument: &Argument,
    body: &EvalBody,
    subject: &SharedSubject,
    world: &dyn World,
) -> (Verdict, Option<Finding>) {
    let passes = (Verdict::Pass, None);
    let Some(name) = argument.row.replaces else {
        return passes;
    };
    if is_public(&subject.address.ty, body) {
        return passes;
    }
    let Some(value) = body.get(name) else {
        return passes;
    };
    // Terraform refuses to store it: a rule of its own says so.
    if value.ephemeral || is_known_to_all(value) {
        return passes;
    }
    match is_set(value) {
        Some(false) => return passes,
        None => return (Verdict::Silent, None),
        Some(true) => {}
    }
    let origin = Origin::of(argument, name, world);
    let fixes = convert::fixes(argument, name, world);
    let finding = Finding {
        page: page.clone(),
        rows: Vec::new(),
        block: argument.block,
        element: argument.at(name).path,
        severity: origin.severity(),
        message: format!(
            "`{name}` is stored in the state and in saved plans in clear text{}: whoever can read them has it.\nWrite it with `{}`, which is stored nowhere.",
            origin.told(),
            argument.row.argument
        ),
        advises: !fixes.is_empty(),
        at: argument.at(name),
        related: Vec::new(),
        fixes,
        instances: Vec::new(),
    };
    (Verdict::Fail, Some(finding))
}

/// Whether it is an attribute that names something, or says where it is: a public key, an ARN, an endpoint.
fn is_known_to_all(value: &Value) -> bool {
    const PLAIN: [&str; 9] = [
        "address", "arn", "endpoint", "fqdn", "host", "hostname", "id", "name", "port",
    ];
    let Some(refers) = &value.refers else {
        return false;
    };
    // The id of a random string is the string.
    let is_random = refers.address.ty.starts_with("random_");
    let is_plain = |name: &SmolStr| {
        let last = name.rsplit('_').next().unwrap_or_default();
        name.starts_with("public_key") || PLAIN.contains(&last) && !name.ends_with("secret_id")
    };
    !is_random && refers.path.last().is_some_and(is_plain)
}

/// A parameter that is no secret by its own word.
fn is_public(ty: &str, body: &EvalBody) -> bool {
    ty == "aws_ssm_parameter"
        && body
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(|ty| ty != "SecureString")
}

/// Whether what a resource or data source gives is a secret, or may be one.
fn is_secret(address: &Address, attribute: Option<&str>) -> bool {
    let kind = match address.kind {
        BlockKind::Resource => stockade_schema::Kind::Resource,
        BlockKind::Data => stockade_schema::Kind::Data,
        _ => return false,
    };
    let path: Vec<&str> = attribute.into_iter().collect();
    attribute.is_some() && stockade_schema::sensitive(kind, &address.ty, &path) != Some(false)
}

/// Where a stored value comes from, which says how many copies there are.
enum Origin {
    /// Another resource or a data source, which stores it too.
    Stored(SmolStr),
    /// Whoever runs Terraform; or the code, where a rule of its own sees what is a secret.
    Given,
}

impl Origin {
    fn of(argument: &Argument, name: &str, world: &dyn World) -> Origin {
        let Some(written) = world.written(argument.block) else {
            return Origin::Given;
        };
        let Some(item) = &written.lowered.item else {
            return Origin::Given;
        };
        let at = argument.at(name).path;
        let used = uses::uses(item).into_iter().find(|used| used.path == at);
        let Some(used) = used else {
            return Origin::Given;
        };
        let mut references = uses::references(used.expr);
        references.extend(behind_locals(&references, world));
        let stored = references.iter().find_map(|r| match &r.symbol {
            Symbol::Block(address) if is_secret(address, r.attribute.as_deref()) => {
                Some(address.to_string().into())
            }
            _ => None,
        });
        stored.map_or(Origin::Given, Origin::Stored)
    }

    fn severity(&self) -> Severity {
        match self {
            Origin::Stored(_) => Severity::Medium,
            Origin::Given => Severity::Low,
        }
    }

    fn told(&self) -> String {
        match self {
            Origin::Stored(address) => format!(", as it is once more by `{address}`"),
            Origin::Given => String::new(),
        }
    }
}

/// What the locals among references refer to, one step.
fn behind_locals(references: &[uses::Ref], world: &dyn World) -> Vec<uses::Ref> {
    let locals = references.iter().filter_map(|r| match &r.symbol {
        Symbol::Local(name) => Some((name, world.definition(&r.symbol)?)),
        _ => None,
    });
    let of_local = |(name, block): (&SmolStr, BlockId)| {
        let written = world.written(block)?;
        let all = uses::uses(written.lowered.item.as_ref()?);
        let definition = all.into_iter().find(|used| used.argument == *name)?;
        Some(uses::references(definition.expr))
    };
    locals.filter_map(of_local).flatten().collect()
}

/// A write-only argument whose version is not there: the provider is never told to read it again.
fn without_version(
    page: &Arc<Page>,
    argument: &Argument,
    body: &EvalBody,
) -> (Verdict, Option<Finding>) {
    let row = argument.row;
    let (Some(version), Some(place)) = (&row.version_argument, argument.version_body()) else {
        return (Verdict::Pass, None);
    };
    let is_here = place.path == argument.path;
    let set = body.get(row.argument).map(is_set);
    if !is_here || body.get(version.name).is_some() {
        return (Verdict::Pass, None);
    }
    match set {
        Some(Some(true)) => {}
        Some(None) => return (Verdict::Silent, None),
        Some(Some(false)) | None => return (Verdict::Pass, None),
    }
    let finding = Finding {
        page: page.clone(),
        rows: Vec::new(),
        block: argument.block,
        element: argument.at(row.argument).path,
        severity: page.severity,
        message: format!(
            "`{}` has no `{}`: a new value is never sent, since Terraform can't see that it changed.",
            row.argument, version.name
        ),
        advises: true,
        at: argument.at(row.argument),
        related: Vec::new(),
        fixes: vec![Fix {
            title: format!("Add {} = 1 (sets the value anew)", version.name),
            safety: Safety::Review,
            edits: vec![FixEdit::Set {
                body: place,
                attribute: version.name.into(),
                value: "1".into(),
            }],
        }],
        instances: Vec::new(),
    };
    (Verdict::Fail, Some(finding))
}
