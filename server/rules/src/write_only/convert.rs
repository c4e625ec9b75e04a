//! The conversion of a stored argument into a write-only one, with what it reads.
//!
//! A value is stored nowhere only if nothing that stores it has had it: a variable becomes ephemeral, a resource or data
//! source its ephemeral twin, if all that reads them may take an ephemeral value. Readers that are stored arguments with a
//! write-only sibling themselves are converted in the same edit.

use std::collections::BTreeSet;

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::{Kind, bodies, ephemeral_types, find_anywhere, write_only};
use stockade_syntax::ast::{Block, Expr, ExprKind, Item};
use stockade_syntax::walk;
use stockade_text::TextRange;

use super::uses::{Ref, Use, references, uses};
use super::{Argument, constraint};
use crate::finding::Place;
use crate::fix::{Fix, FixEdit, Safety};
use crate::run::is_literal;
use crate::world::{World, Written};

/// The conversions of an argument, the most thorough one first.
pub(super) fn fixes(argument: &Argument, name: &str, world: &dyn World) -> Vec<Fix> {
    let Some(own) = read(argument, name, world) else {
        return Vec::new();
    };
    let followers = followers(argument, name, world);
    if own.is_constant {
        let from_store = from_store(argument, name, &own, &followers, world);
        return std::iter::once(literal(argument, name, &own, &followers, world))
            .chain(from_store)
            .collect();
    }
    let mut fixes = Vec::new();
    let mut why = None;
    match Group::of(argument, name, &own, &followers, world) {
        Ok(Some(group)) => fixes.extend(group.fix(world)),
        Ok(None) => {}
        Err(blocked) => why = Some(blocked),
    }
    fixes.push(alone(argument, name, &own, &followers, why, world));
    fixes
}

/// An argument as it is written.
pub(super) struct Own {
    text: String,
    refs: Vec<Ref>,
    /// It reads nothing at all.
    is_constant: bool,
    /// Where the text starts in its block.
    start: usize,
}

pub(super) fn read(argument: &Argument, name: &str, world: &dyn World) -> Option<Own> {
    let written = world.written(argument.block)?;
    let at = argument.at(name).path;
    let all = uses(written.lowered.item.as_ref()?);
    let used = all.iter().find(|used| used.path == at && !used.repeats)?;
    Some(Own {
        text: source(&written, used.expr.range)?.to_owned(),
        refs: references(used.expr),
        is_constant: is_constant(used.expr),
        start: used.expr.range.start().into(),
    })
}

fn is_constant(expr: &Expr) -> bool {
    let mut is_constant = true;
    walk(expr, &mut |e| {
        is_constant &= !matches!(e.kind, ExprKind::Variable(_));
        is_constant
    });
    is_constant
}

fn source(written: &Written, range: TextRange) -> Option<&str> {
    written.text.get(std::ops::Range::<usize>::from(range))
}

/// A place outside an argument that reads it: `value = aws_db_instance.main.password`.
pub(super) struct Follower {
    place: Place,
    text: String,
    /// The references to the argument in the text.
    ranges: Vec<std::ops::Range<usize>>,
    takes_ephemeral: bool,
    shown: String,
}

fn followers(argument: &Argument, name: &str, world: &dyn World) -> Vec<Follower> {
    let Some(address) = address_of(argument.block, world) else {
        return Vec::new();
    };
    if !argument.path.is_empty() {
        return Vec::new();
    }
    let symbol = Symbol::Block(address);
    let mut all = Vec::new();
    for block in world.readers(&symbol) {
        let Some(written) = world.written(block) else {
            continue;
        };
        let Some(item) = &written.lowered.item else {
            continue;
        };
        for used in uses(item) {
            let own = references(used.expr);
            let own = own
                .iter()
                .filter(|r| r.symbol == symbol && r.attribute.as_deref() == Some(name));
            let start = usize::from(used.expr.range.start());
            let ranges: Vec<_> = own
                .map(|r| {
                    let whole = std::ops::Range::<usize>::from(r.whole);
                    whole.start - start..whole.end - start
                })
                .collect();
            if ranges.is_empty() {
                continue;
            }
            let Some(text) = source(&written, used.expr.range) else {
                continue;
            };
            all.push(Follower {
                text: text.to_owned(),
                ranges,
                takes_ephemeral: matches!(context(item, &used), Context::Takes),
                shown: shown(item, &used),
                place: Place {
                    block,
                    path: used.path,
                },
            });
        }
    }
    all
}

fn address_of(block: BlockId, world: &dyn World) -> Option<Address> {
    Some(world.subject(block)?.address.clone())
}

/// The edits by which others read the value from where the argument had it.
fn follow(followers: &[Follower], value: &str) -> Vec<FixEdit> {
    let edits = followers.iter().map(|follower| {
        let mut text = follower.text.clone();
        for range in follower.ranges.iter().rev() {
            text.replace_range(range.clone(), value);
        }
        FixEdit::Replace {
            at: follower.place.clone(),
            value: text,
        }
    });
    edits.collect()
}

/// `password = X` becomes `password_wo = X'`, with its version, and `ignore_changes` follows.
fn converted(
    argument: &Argument,
    name: &str,
    value: String,
    version: &str,
    world: &dyn World,
) -> Vec<FixEdit> {
    let mut edits = vec![
        FixEdit::Remove {
            at: argument.at(name),
        },
        FixEdit::Set {
            body: argument.body(),
            attribute: argument.row.argument.into(),
            value,
        },
    ];
    let row = argument.row.version_argument.as_ref();
    if let (Some(row), Some(body)) = (row, argument.version_body()) {
        edits.push(FixEdit::Set {
            body,
            attribute: row.name.into(),
            value: version.to_owned(),
        });
        edits.extend(ignored(argument, name, row.name, world));
    }
    edits
}

/// What stood for the old argument in `ignore_changes`.
fn ignored(argument: &Argument, name: &str, version: &str, world: &dyn World) -> Option<FixEdit> {
    let written = world.written(argument.block)?;
    let all = uses(written.lowered.item.as_ref()?);
    let used = all
        .iter()
        .find(|used| used.argument == "ignore_changes" && used.blocks == ["lifecycle"])?;
    let ExprKind::Tuple(elements) = &used.expr.kind else {
        return None;
    };
    let is_it = |e: &Expr| matches!(&e.kind, ExprKind::Variable(v) if v == name);
    let index = elements
        .iter()
        .position(is_it)
        .filter(|_| argument.path.is_empty())?;
    let step = Step::Index(u32::try_from(index).ok()?);
    Some(FixEdit::Replace {
        at: Place {
            block: argument.block,
            path: [used.path.as_slice(), &[step]].concat(),
        },
        value: version.to_owned(),
    })
}

const ANEW: &str = "sets the value anew";
const AGAIN: &str = "an ephemeral variable must be given again when a saved plan is applied";

/// A literal becomes a new variable.
fn literal(
    argument: &Argument,
    name: &str,
    own: &Own,
    followers: &[Follower],
    world: &dyn World,
) -> Fix {
    let label = address_of(argument.block, world)
        .map(|a| a.name)
        .unwrap_or_default();
    let variable: SmolStr = match label.contains(name) {
        true => label,
        false => format!("{label}_{name}").into(),
    };
    let is_ephemeral = followers.iter().all(|f| f.takes_ephemeral);
    let is_list = own.text.trim_start().starts_with('[');
    let value = format!("var.{variable}");
    let mut edits = converted(argument, name, value.clone(), "1", world);
    edits.extend(follow(followers, &value));
    edits.push(FixEdit::AddVariable {
        name: variable.clone(),
        ty: if is_list { "list(string)" } else { "string" }.to_owned(),
        description: "It is neither stored in the state nor in plans.".to_owned(),
        sensitive: true,
        ephemeral: is_ephemeral,
        stand_in: None,
    });
    edits.extend(constraint::raised(&[argument], &[], world));
    Fix {
        title: format!(
            "Keep it out of the state with `{}`, asked for in the variable `{variable}` ({ANEW}; {AGAIN})",
            argument.row.argument
        ),
        safety: Safety::Review,
        edits,
    }
}

/// What keeps secrets in a cloud: the ephemeral resource that reads one, and what of it is the secret.
struct Store {
    provider: &'static str,
    ty: &'static str,
    attribute: &'static str,
    /// The argument that says which one, asked for in a variable.
    which: &'static str,
    /// That variable, without the label that it begins with, and what it is told to be.
    variable: (&'static str, &'static str),
    /// A further argument, that of the secret's name.
    name: Option<&'static str>,
}

const STORES: [Store; 3] = [
    Store {
        provider: "aws",
        ty: "aws_secretsmanager_secret_version",
        attribute: "secret_string",
        which: "secret_id",
        variable: ("secret_arn", "ARN of the secret in Secrets Manager."),
        name: None,
    },
    Store {
        provider: "azurerm",
        ty: "azurerm_key_vault_secret",
        attribute: "value",
        which: "key_vault_id",
        variable: ("key_vault_id", "Id of the key vault that holds the secret."),
        name: Some("name"),
    },
    Store {
        provider: "google",
        ty: "google_secret_manager_secret_version",
        attribute: "secret_data",
        which: "secret",
        variable: ("secret_name", "Name of the secret in Secret Manager."),
        name: None,
    },
];

/// A literal is read from the cloud's store of secrets, where somebody has put it.
fn from_store(
    argument: &Argument,
    name: &str,
    own: &Own,
    followers: &[Follower],
    world: &dyn World,
) -> Option<Fix> {
    let store = STORES
        .iter()
        .find(|store| store.provider == argument.row.provider)?;
    let is_text = own.text.trim_start().starts_with('"');
    if !is_text || !followers.iter().all(|f| f.takes_ephemeral) {
        return None;
    }
    let label = address_of(argument.block, world)?.name;
    let variable: SmolStr = format!("{label}_{}", store.variable.0).into();
    let value = format!("ephemeral.{}.{label}.{}", store.ty, store.attribute);
    let mut arguments = vec![(store.which, format!("var.{variable}"))];
    let secret = format!("\"{}-{}\"", label.replace('_', "-"), name.replace('_', "-"));
    arguments.extend(store.name.map(|argument| (argument, secret)));
    let arguments: String = arguments
        .iter()
        .map(|(argument, value)| format!("  {argument} = {value}\n"))
        .collect();
    let mut edits = converted(argument, name, value.clone(), "1", world);
    edits.extend(follow(followers, &value));
    edits.push(FixEdit::AddBelow {
        block: argument.block,
        copied: Vec::new(),
        text: format!("ephemeral \"{}\" \"{label}\" {{\n{arguments}}}\n", store.ty),
    });
    edits.push(FixEdit::AddVariable {
        name: variable.clone(),
        ty: "string".to_owned(),
        description: store.variable.1.to_owned(),
        sensitive: false,
        ephemeral: false,
        stand_in: None,
    });
    let twin = Address {
        kind: BlockKind::Ephemeral,
        ty: store.ty.into(),
        name: label.clone(),
    };
    edits.extend(constraint::raised(&[argument], &[twin], world));
    Some(Fix {
        title: format!(
            "Keep it out of the state with `{}`, read as ephemeral `{}` ({ANEW}; put it there first; asks for var.{variable})",
            argument.row.argument, store.ty
        ),
        safety: Safety::Review,
        edits,
    })
}

/// The argument is converted, and what it reads stays as it is.
pub(super) fn alone(
    argument: &Argument,
    name: &str,
    own: &Own,
    followers: &[Follower],
    why: Option<String>,
    world: &dyn World,
) -> Fix {
    let mut edits = converted(argument, name, own.text.clone(), "1", world);
    let value = match own.refs.len() == 1 && is_plain(&own.text) {
        true => own.text.clone(),
        false => format!("({})", own.text),
    };
    edits.extend(follow(followers, &value));
    edits.extend(constraint::raised(&[argument], &[], world));
    let stays = why.map_or(String::new(), |why| format!("; {why}"));
    Fix {
        title: format!(
            "Write this argument alone with `{}` ({ANEW}{stays})",
            argument.row.argument
        ),
        safety: Safety::Review,
        edits,
    }
}

fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '[' | ']' | '"'))
}

/// What may stand where a reference does.
pub(super) enum Context {
    /// An ephemeral value.
    Takes,
    /// One, once the argument is converted.
    Converts(Vec<Step>, &'static stockade_schema::WriteOnly),
    /// One, and its readers must as well.
    Local(SmolStr),
    /// It ends here.
    Refuses,
}

/// Whether it only says what comes before: that reads nothing.
fn waits(used: &Use<'_>) -> bool {
    used.blocks.is_empty() && used.argument == "depends_on"
}

pub(super) fn context(item: &Item, used: &Use<'_>) -> Context {
    let Item::Block(top) = item else {
        return Context::Refuses;
    };
    let is_meta = used.blocks.is_empty()
        && matches!(used.argument.as_str(), "count" | "for_each" | "provider");
    if waits(used) && top.kind.name != "locals" {
        return Context::Takes;
    }
    if used.repeats || is_meta && top.kind.name != "locals" {
        return Context::Refuses;
    }
    match top.kind.name.as_str() {
        "provider" | "ephemeral" => Context::Takes,
        "locals" => Context::Local(used.argument.clone()),
        "variable" if used.blocks.first().is_some_and(|b| b == "validation") => Context::Takes,
        "output" if used.argument == "value" && is_true(top, "ephemeral") => Context::Takes,
        "resource" => in_resource(top, used),
        _ => Context::Refuses,
    }
}

fn is_true(block: &Block, argument: &str) -> bool {
    let value = block.body.attribute(argument).map(|a| &a.value.kind);
    matches!(value, Some(ExprKind::Bool(true)))
}

fn in_resource(top: &Block, used: &Use<'_>) -> Context {
    if used
        .blocks
        .first()
        .is_some_and(|b| matches!(b.as_str(), "provisioner" | "connection" | "lifecycle"))
    {
        return Context::Takes;
    }
    let ty = top.labels.first().map_or("", |label| label.name.as_str());
    let mut here = write_only(ty).iter().filter(|row| row.block == used.blocks);
    here.find_map(|row| match used.argument.as_str() {
        name if name == row.argument => Some(Context::Takes),
        name if row.replaces == Some(name) && row.secret => {
            let body = used.path[..used.path.len() - 1].to_vec();
            Some(Context::Converts(body, row))
        }
        _ => None,
    })
    .unwrap_or(Context::Refuses)
}

/// `output.password`, `aws_ssm_parameter.db.value`
pub(super) fn shown(item: &Item, used: &Use<'_>) -> String {
    let Item::Block(top) = item else {
        return used.argument.to_string();
    };
    let labels: Vec<&str> = top.labels.iter().map(|l| l.name.as_str()).collect();
    match top.kind.name.as_str() {
        "resource" => format!("{}.{}", labels.join("."), used.argument),
        "output" | "module" | "data" => format!("{}.{}", top.kind.name, labels.join(".")),
        other => format!("{other}.{}", used.argument),
    }
}

/// Sources that become ephemeral together, and all that reads them.
#[derive(Default)]
struct Group {
    variables: Vec<SmolStr>,
    /// Resources and data sources that become ephemeral ones.
    twins: Vec<Address>,
    /// The arguments that are converted.
    arguments: Vec<(Argument, SmolStr)>,
    /// Other places whose references are renamed.
    renamed: Vec<Place>,
    seen: BTreeSet<Symbol>,
    follow: Vec<FixEdit>,
}

impl Group {
    /// All that becomes ephemeral with the sources of an argument; `None` if it has no source that can.
    fn of(
        argument: &Argument,
        name: &str,
        own: &Own,
        followers: &[Follower],
        world: &dyn World,
    ) -> Result<Option<Group>, String> {
        if let Some(follower) = followers.iter().find(|f| !f.takes_ephemeral) {
            let why = format!(
                "{} reads it and can't take an ephemeral value",
                follower.shown
            );
            return Err(why);
        }
        let mut group = Group {
            arguments: vec![(argument.clone(), name.into())],
            follow: follow(followers, &own.text),
            ..Group::default()
        };
        for reference in &own.refs {
            group.add(reference, world)?;
        }
        let is_any = !group.variables.is_empty() || !group.twins.is_empty();
        Ok(is_any.then_some(group))
    }

    /// Makes what a reference means ephemeral, if it can be.
    fn add(&mut self, reference: &Ref, world: &dyn World) -> Result<(), String> {
        match &reference.symbol {
            Symbol::Variable(name) => {
                if world.definition(&reference.symbol).is_none() {
                    return Ok(());
                }
                if self.seen.insert(reference.symbol.clone()) {
                    self.variables.push(name.clone());
                    self.readers(&reference.symbol, world)?;
                }
                Ok(())
            }
            Symbol::Local(name) => {
                let Some(block) = world.definition(&reference.symbol) else {
                    return Ok(());
                };
                if !self.seen.insert(reference.symbol.clone()) {
                    return Ok(());
                }
                let inner = definition_of(block, name, world);
                let before = (self.variables.len(), self.twins.len());
                for reference in inner {
                    self.add(&reference, world)?;
                }
                // A local of something that stays stored is read as before.
                if before != (self.variables.len(), self.twins.len()) {
                    self.readers(&reference.symbol, world)?;
                }
                Ok(())
            }
            Symbol::Block(address) => {
                if !has_twin(address) || world.definition(&reference.symbol).is_none() {
                    return Ok(());
                }
                if self.seen.insert(reference.symbol.clone()) {
                    self.twins.push(address.clone());
                    self.readers(&reference.symbol, world)?;
                }
                Ok(())
            }
        }
    }

    /// Sees to all that reads a source.
    fn readers(&mut self, symbol: &Symbol, world: &dyn World) -> Result<(), String> {
        for block in world.readers(symbol) {
            let Some(written) = world.written(block) else {
                continue;
            };
            let Some(item) = &written.lowered.item else {
                continue;
            };
            for used in uses(item) {
                let refs = references(used.expr);
                let Some(reference) = refs.iter().find(|r| r.symbol == *symbol) else {
                    continue;
                };
                let refuses = matches!(context(item, &used), Context::Refuses);
                if let Symbol::Block(address) = symbol
                    && !refuses
                    && !waits(&used)
                {
                    let attribute = reference.attribute.as_deref();
                    if !attribute.is_some_and(|name| twin_has(address, name)) {
                        return Err(format!(
                            "{} reads what is not in the ephemeral `{}`",
                            shown(item, &used),
                            address.ty
                        ));
                    }
                }
                self.reader(block, item, &used, world)?;
            }
        }
        Ok(())
    }

    fn reader(
        &mut self,
        block: BlockId,
        item: &Item,
        used: &Use<'_>,
        world: &dyn World,
    ) -> Result<(), String> {
        let place = || Place {
            block,
            path: used.path.clone(),
        };
        match context(item, used) {
            Context::Takes => self.renamed.push(place()),
            Context::Local(name) => {
                self.renamed.push(place());
                let local = Symbol::Local(name);
                if self.seen.insert(local.clone()) {
                    self.readers(&local, world)?;
                }
            }
            Context::Converts(path, row) => {
                let argument = Argument { block, path, row };
                let is_known = |(known, _): &(Argument, SmolStr)| {
                    known.block == block && known.path == argument.path && known.row == row
                };
                if !self.arguments.iter().any(is_known) {
                    let name = &used.argument;
                    if followers(&argument, name, world)
                        .iter()
                        .any(|f| !f.takes_ephemeral)
                    {
                        return Err(format!("{} is read elsewhere", shown(item, used)));
                    }
                    self.arguments.push((argument, name.clone()));
                }
            }
            Context::Refuses => {
                return Err(format!(
                    "{} can't take an ephemeral value",
                    shown(item, used)
                ));
            }
        }
        Ok(())
    }

    fn fix(&self, world: &dyn World) -> Option<Fix> {
        let mut edits = Vec::new();
        let version = self.version(world);
        for (argument, name) in &self.arguments {
            let own = read(argument, name, world)?;
            let value = self.renamed(&own.text, own.start, &own.refs);
            edits.extend(converted(argument, name, value, &version, world));
        }
        for place in &self.renamed {
            edits.extend(self.renaming(place, world)?);
        }
        edits.extend(self.follow.iter().cloned());
        for variable in &self.variables {
            edits.extend(ephemeral_variable(variable, world)?);
        }
        for twin in &self.twins {
            edits.extend(ephemeral_twin(twin, world)?);
        }
        let first = &self.arguments.first()?.0;
        if version != "1" {
            edits.push(FixEdit::AddBelow {
                block: first.block,
                copied: Vec::new(),
                text: format!("locals {{\n  {} = 1\n}}", version.strip_prefix("local.")?),
            });
        }
        let all: Vec<&Argument> = self
            .arguments
            .iter()
            .map(|(argument, _)| argument)
            .collect();
        edits.extend(constraint::raised(&all, &self.twins, world));
        Some(Fix {
            title: self.title(),
            safety: Safety::Review,
            edits,
        })
    }

    fn title(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for (argument, _) in &self.arguments {
            let name = format!("`{}`", argument.row.argument);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let variables = self.variables.iter().map(|name| format!("var.{name}"));
        let twins = self.twins.iter().map(ToString::to_string);
        let sources: Vec<String> = variables.chain(twins).collect();
        let is_made = self
            .twins
            .iter()
            .any(|twin| twin.kind == BlockKind::Resource);
        let mut costs = vec![if is_made {
            "makes a new value for what lives"
        } else {
            ANEW
        }];
        if !self.variables.is_empty() {
            costs.push(AGAIN);
        }
        format!(
            "Keep it out of the state with {} and {} ephemeral ({})",
            names.join(", "),
            sources.join(", "),
            costs.join("; ")
        )
    }

    /// What the version arguments are set to: one local for several.
    fn version(&self, world: &dyn World) -> String {
        let with = self
            .arguments
            .iter()
            .filter(|(a, _)| a.row.version_argument.is_some());
        if with.count() < 2 {
            return "1".to_owned();
        }
        let source = self.variables.first().cloned();
        let source = source.or_else(|| self.twins.first().map(|twin| twin.name.clone()));
        let base = format!("{}_version", source.unwrap_or_default());
        let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}_{n}")));
        let mut free = names.filter(|n| world.definition(&Symbol::Local(n.into())).is_none());
        format!("local.{}", free.next().unwrap_or(base))
    }

    /// A text with the references to what becomes an ephemeral block renamed.
    fn renamed(&self, text: &str, start: usize, refs: &[Ref]) -> String {
        let mut text = text.to_owned();
        for reference in refs.iter().rev() {
            let Symbol::Block(address) = &reference.symbol else {
                continue;
            };
            if self.twins.contains(address) {
                let range = std::ops::Range::<usize>::from(reference.range);
                let name = format!("ephemeral.{}.{}", address.ty, address.name);
                text.replace_range(range.start - start..range.end - start, &name);
            }
        }
        text
    }

    fn renaming(&self, place: &Place, world: &dyn World) -> Option<Option<FixEdit>> {
        let written = world.written(place.block)?;
        let all = uses(written.lowered.item.as_ref()?);
        let used = all.iter().find(|used| used.path == place.path)?;
        let old = source(&written, used.expr.range)?;
        let new = self.renamed(old, used.expr.range.start().into(), &references(used.expr));
        Some((new != old).then(|| FixEdit::Replace {
            at: place.clone(),
            value: new,
        }))
    }
}

fn definition_of(block: BlockId, name: &str, world: &dyn World) -> Vec<Ref> {
    let Some(written) = world.written(block) else {
        return Vec::new();
    };
    let all = written.lowered.item.iter().flat_map(uses);
    let own = all.filter(|used| used.argument == name);
    own.flat_map(|used| references(used.expr)).collect()
}

fn ephemeral_variable(name: &SmolStr, world: &dyn World) -> Option<Vec<FixEdit>> {
    let block = world.definition(&Symbol::Variable(name.clone()))?;
    let written = world.written(block)?;
    let Some(Item::Block(top)) = &written.lowered.item else {
        return None;
    };
    let place = |path: Vec<Step>| Place { block, path };
    let mut edits = Vec::new();
    if !is_true(top, "ephemeral") {
        edits.push(FixEdit::Set {
            body: place(Vec::new()),
            attribute: "ephemeral".into(),
            value: "true".into(),
        });
    }
    if let Some(default) = top.body.attribute("default")
        && holds_a_secret(&written, default.value.range)
    {
        edits.push(FixEdit::Remove {
            at: place(vec![Step::Attr("default".into())]),
        });
    }
    for line in world.assignments(name) {
        let written = world.written(line)?;
        if let Some(Item::Attribute(attribute)) = &written.lowered.item
            && holds_a_secret(&written, attribute.value.range)
        {
            edits.push(FixEdit::Remove {
                at: Place {
                    block: line,
                    path: vec![Step::Attr(attribute.name.name.clone())],
                },
            });
        }
    }
    Some(edits)
}

/// A literal that is more than empty or null.
fn holds_a_secret(written: &Written, range: TextRange) -> bool {
    source(written, range).is_some_and(|text| {
        is_literal(text) && !matches!(text.trim(), "null" | "\"\"" | "[]" | "{}")
    })
}

/// Whether there is an ephemeral block of the type that gives the same.
fn has_twin(address: &Address) -> bool {
    matches!(address.kind, BlockKind::Resource | BlockKind::Data)
        && ephemeral_types().iter().any(|twin| twin.ty == address.ty)
}

fn twin_has(address: &Address, attribute: &str) -> bool {
    let is_known = bodies(Kind::Ephemeral, &address.ty).next().is_some();
    let in_schema = || find_anywhere(Kind::Ephemeral, &address.ty, &[attribute]).is_some();
    let secrets = ephemeral_types()
        .iter()
        .filter(|twin| twin.ty == address.ty);
    is_known && in_schema()
        || secrets
            .flat_map(|twin| &twin.secrets)
            .any(|name| *name == attribute)
}

fn ephemeral_twin(address: &Address, world: &dyn World) -> Option<Vec<FixEdit>> {
    let block = world.definition(&Symbol::Block(address.clone()))?;
    let written = world.written(block)?;
    let Some(Item::Block(top)) = &written.lowered.item else {
        return None;
    };
    let mut edits = vec![FixEdit::Keyword {
        block,
        keyword: "ephemeral".into(),
    }];
    let is_known = bodies(Kind::Ephemeral, &address.ty).next().is_some();
    for attribute in top.body.attributes() {
        let name = attribute.name.name.as_str();
        let is_meta = matches!(name, "count" | "for_each" | "depends_on" | "provider");
        let is_unknown = is_known && find_anywhere(Kind::Ephemeral, &address.ty, &[name]).is_none();
        // `keepers` say when a stored value is made anew.
        if !is_meta && (is_unknown || name == "keepers") {
            edits.push(FixEdit::Remove {
                at: Place {
                    block,
                    path: vec![Step::Attr(name.into())],
                },
            });
        }
    }
    if top.body.blocks().any(|b| b.kind.name == "lifecycle") {
        edits.push(FixEdit::Remove {
            at: Place {
                block,
                path: vec![Step::Block("lifecycle".into(), 0)],
            },
        });
    }
    Some(edits)
}
