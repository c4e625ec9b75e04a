//! Policies: one model of a statement, however it is written.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{Kind, Value};
use stockade_model::{Address, BlockKind};

use super::{Around, document, found, partly};
use crate::run::{Policy, entry, parts};

/// A statement. Each list's elements have their places; `None` stands for a part that can't be known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statement {
    sid: Option<Value>,
    /// `Allow` or `Deny`.
    effect: Option<SmolStr>,
    actions: Part,
    not_actions: Part,
    resources: Part,
    not_resources: Part,
    principals: Vec<(Value, Part)>,
    not_principals: Vec<(Value, Part)>,
    /// Test, variable, values.
    conditions: Vec<(Value, Value, Part)>,
    /// Principals or conditions may be there that are not known.
    open: bool,
    /// What the actions don't include although they match it: Azure's `not_actions`.
    except: Part,
}

/// A list of strings, and whether these are all.
#[derive(Clone, Debug, Default)]
struct Part {
    known: Vec<Value>,
    open: bool,
}

impl Part {
    fn of(value: Option<Value>) -> Part {
        let Some(value) = value else {
            return Part::default();
        };
        match &value.kind {
            Kind::Unknown(unknown) => Part {
                known: unknown.contains.clone(),
                open: true,
            },
            _ => {
                let (unknown, known): (Vec<Value>, Vec<Value>) =
                    parts(&value).into_iter().partition(Value::is_unknown);
                Part {
                    known,
                    open: !unknown.is_empty(),
                }
            }
        }
    }

    fn is_absent(&self) -> bool {
        self.known.is_empty() && !self.open
    }

    fn value(&self) -> Value {
        if self.open {
            partly(self.known.clone())
        } else {
            Value::tuple(self.known.clone())
        }
    }

    fn strings(&self) -> impl Iterator<Item = &str> {
        self.known.iter().filter_map(Value::as_str)
    }
}

/// Statements, and whether these are all.
type Statements = (Vec<Statement>, bool);

/// The policies in JSON that were read last: many rules look at the same one.
#[derive(Debug, Default)]
pub struct Policies(RefCell<VecDeque<(Value, Arc<Statements>)>>);

impl Policies {
    const MOST: usize = 4;

    /// Forgets all.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    fn of(&self, policy: &Value) -> Arc<Statements> {
        // Equal values may stand in different places.
        let is_it = |known: &Value| known == policy && known.origin == policy.origin;
        let find = |all: &VecDeque<(Value, Arc<Statements>)>| {
            let found = all.iter().find(|(known, _)| is_it(known))?;
            Some(found.1.clone())
        };
        let known = find(&self.0.borrow());
        if let Some(statements) = known {
            return statements;
        }
        let statements = Arc::new(in_json(policy));
        let mut all = self.0.borrow_mut();
        all.push_front((policy.clone(), statements.clone()));
        all.truncate(Policies::MOST);
        statements
    }
}

/// The statements of a policy.
fn statements(policy: &Value, around: &Around<'_>) -> Arc<Statements> {
    if let Some(address) = document_block(policy) {
        return match around.run.world.named(&address) {
            Some((id, subject)) => Arc::new(from_block(&around.run.policy(id, &subject), around)),
            None => Arc::default(),
        };
    }
    if let Some(own) = own_policy(policy, around) {
        return own;
    }
    match around.run.world.policies() {
        Some(policies) => policies.of(policy),
        None => Arc::new(in_json(policy)),
    }
}

fn in_json(policy: &Value) -> Statements {
    let document = document(policy);
    let Some(listed) = entry(&document, "Statement").or_else(|| entry(&document, "bindings"))
    else {
        let is_empty = matches!(document.kind, Kind::Object(_));
        return (Vec::new(), is_empty);
    };
    let all = match &listed.kind {
        Kind::Unknown(unknown) => return (unknown.contains.iter().map(from_json).collect(), false),
        _ => parts(&listed),
    };
    let is_whole = all.iter().all(|s| matches!(s.kind, Kind::Object(_)));
    (
        all.iter()
            .filter(|s| matches!(s.kind, Kind::Object(_)))
            .map(from_json)
            .collect(),
        is_whole,
    )
}

/// What a resource grants by its own arguments: Google's members, bindings and policies, Azure's role definitions.
fn own_policy(resource: &Value, around: &Around<'_>) -> Option<Arc<Statements>> {
    resource.as_object()?;
    let get = |name: &str| entry(resource, name).filter(|v| !v.is_null());
    if let Some(policy) = get("policy_data") {
        return Some(statements(&policy, around));
    }
    if get("role").is_some() {
        return Some(Arc::new((vec![from_binding(resource)], true)));
    }
    let permissions = get("permissions")?;
    Some(Arc::new(match permissions.as_unknown() {
        Some(unknown) => (
            unknown.contains.iter().map(from_permissions).collect(),
            false,
        ),
        None => (
            parts(&permissions).iter().map(from_permissions).collect(),
            true,
        ),
    }))
}

/// Google's `binding`: a role and its members.
fn from_binding(binding: &Value) -> Statement {
    let get = |name: &str| entry(binding, name).filter(|v| !v.is_null());
    let condition = get("condition");
    let is_open = condition.as_ref().is_some_and(Value::is_unknown);
    let members = Part::of(get("members").or_else(|| get("member")));
    let conditions = condition.iter().flat_map(parts).map(|c| {
        let expression = entry(&c, "expression").unwrap_or_else(Value::unknown);
        (
            Value::string("condition"),
            Value::string("expression"),
            Part::of(Some(expression)),
        )
    });
    Statement {
        effect: Some("Allow".into()),
        actions: Part::of(get("role")),
        principals: vec![(Value::string(MEMBER), members)],
        conditions: conditions.collect(),
        open: is_open,
        ..Statement::default()
    }
}

/// Azure's `permissions`: actions less `not_actions`, of management and of data.
fn from_permissions(permissions: &Value) -> Statement {
    let both = |names: [&str; 2]| {
        let all = names.map(|name| Part::of(entry(permissions, name)));
        all.into_iter().fold(Part::default(), |mut all, part| {
            all.known.extend(part.known);
            all.open |= part.open;
            all
        })
    };
    Statement {
        effect: Some("Allow".into()),
        actions: both(["actions", "data_actions"]),
        except: both(["not_actions", "not_data_actions"]),
        ..Statement::default()
    }
}

/// The type of principal that Google's members are here.
const MEMBER: &str = "member";

/// The data source that a value is the JSON of.
fn document_block(policy: &Value) -> Option<Address> {
    let reference = policy.refers.as_ref().filter(|r| r.module.is_none())?;
    let address = &reference.address;
    let types = ["aws_iam_policy_document", "google_iam_policy"];
    (address.kind == BlockKind::Data && types.contains(&address.ty.as_str()))
        .then(|| address.clone())
}

fn from_json(statement: &Value) -> Statement {
    let get = |name: &str| entry(statement, name);
    if get("role").is_some() {
        return from_binding(statement);
    }
    let conditions = get("Condition");
    let (principals, open) = principals_in(get("Principal"));
    let (not_principals, not_open) = principals_in(get("NotPrincipal"));
    let tests = conditions
        .iter()
        .flat_map(|c| c.as_object().into_iter().flatten());
    let condition_open = conditions.as_ref().is_some_and(Value::is_unknown)
        || tests
            .into_iter()
            .any(|(_, variables)| variables.is_unknown());
    Statement {
        sid: get("Sid"),
        effect: get("Effect").and_then(|e| e.as_str().map(SmolStr::new)),
        actions: Part::of(get("Action")),
        not_actions: Part::of(get("NotAction")),
        resources: Part::of(get("Resource")),
        not_resources: Part::of(get("NotResource")),
        principals,
        not_principals,
        conditions: conditions.iter().flat_map(json_conditions).collect(),
        open: open || not_open || condition_open,
        except: Part::default(),
    }
}

type Principals = (Vec<(Value, Part)>, bool);

fn principals_in(value: Option<Value>) -> Principals {
    let Some(value) = value else {
        return (Vec::new(), false);
    };
    match &value.kind {
        Kind::Object(types) => {
            let of = |ty: &SmolStr| (Value::string(ty.as_str()), Part::of(entry(&value, ty)));
            (types.keys().map(of).collect(), false)
        }
        Kind::Unknown(_) => (Vec::new(), true),
        // `"Principal": "*"`
        _ => (vec![(Value::string("*"), Part::of(Some(value)))], false),
    }
}

fn json_conditions(conditions: &Value) -> Vec<(Value, Value, Part)> {
    let mut all = Vec::new();
    for test in conditions.as_object().into_iter().flat_map(BTreeMap::keys) {
        let Some(variables) = entry(conditions, test) else {
            continue;
        };
        for variable in variables.as_object().into_iter().flat_map(BTreeMap::keys) {
            all.push((
                Value::string(test.as_str()),
                Value::string(variable.as_str()),
                Part::of(entry(&variables, variable)),
            ));
        }
    }
    all
}

fn from_block(policy: &Policy, around: &Around<'_>) -> (Vec<Statement>, bool) {
    let is_binding = |v: &Value| entry(v, "role").is_some();
    let read = |v: &Value| {
        if is_binding(v) {
            from_binding(v)
        } else {
            from_object(v)
        }
    };
    let own = policy.statements.iter().map(read).collect();
    let documents = |all: &[Value]| -> Vec<(Vec<Statement>, bool)> {
        all.iter()
            .map(|document| Statements::clone(&statements(document, around)))
            .collect()
    };
    let own = std::iter::once((own, !policy.open));
    let sources = documents(&policy.sources).into_iter();
    let all = sources.chain(own).chain(documents(&policy.overrides));
    all.fold((Vec::new(), true), merged)
}

/// Statements with those of a further document: one with an id replaces that of the same id (documentation of
/// `aws_iam_policy_document`, `override_policy_documents`). What may have been replaced is not known to be there.
fn merged(
    (mut all, is_whole): (Vec<Statement>, bool),
    (more, more_is_whole): (Vec<Statement>, bool),
) -> (Vec<Statement>, bool) {
    let mut is_certain = true;
    all.retain(|old| {
        let replacing =
            |known: Option<bool>| more.iter().any(|new| old.sid_is_that_of(new) == known);
        let is_replaced = replacing(Some(true));
        let may_be = replacing(None) || (!more_is_whole && old.has_sid() != Some(false));
        is_certain &= is_replaced || !may_be;
        !is_replaced && !may_be
    });
    all.extend(more);
    (all, is_whole && more_is_whole && is_certain)
}

/// A `statement` block, read as an object.
fn from_object(statement: &Value) -> Statement {
    let get = |name: &str| entry(statement, name).filter(|v| !v.is_null());
    let mut open = false;
    let mut blocks = |name: &str| -> Vec<Value> {
        let Some(value) = get(name) else {
            return Vec::new();
        };
        match &value.kind {
            Kind::Unknown(unknown) => {
                open = true;
                unknown.contains.clone()
            }
            _ => parts(&value),
        }
    };
    let principals = |all: Vec<Value>| {
        all.iter()
            .map(|p| {
                (
                    entry(p, "type").unwrap_or_else(Value::unknown),
                    Part::of(entry(p, "identifiers")),
                )
            })
            .collect()
    };
    let condition = |c: &Value| {
        let part = |name: &str| entry(c, name).unwrap_or_else(Value::unknown);
        (part("test"), part("variable"), Part::of(entry(c, "values")))
    };
    let effect = match get("effect") {
        None => Some("Allow".into()),
        Some(value) => value.as_str().map(SmolStr::new),
    };
    let (listed, not_listed, conditions) = (
        blocks("principals"),
        blocks("not_principals"),
        blocks("condition"),
    );
    Statement {
        sid: get("sid"),
        effect,
        actions: Part::of(get("actions")),
        not_actions: Part::of(get("not_actions")),
        resources: Part::of(get("resources")),
        not_resources: Part::of(get("not_resources")),
        principals: principals(listed),
        not_principals: principals(not_listed),
        conditions: conditions.iter().map(condition).collect(),
        open,
        except: Part::default(),
    }
}

impl Statement {
    /// Whether it has an id; `None` when that is not known.
    fn has_sid(&self) -> Option<bool> {
        match &self.sid {
            None => Some(false),
            Some(sid) => Some(!sid.as_str()?.is_empty()),
        }
    }

    /// Whether both have the same id; `None` when they may.
    fn sid_is_that_of(&self, other: &Statement) -> Option<bool> {
        match (self.has_sid(), other.has_sid()) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => {
                let sid =
                    |of: &Statement| of.sid.as_ref().and_then(|v| v.as_str().map(str::to_owned));
                Some(sid(self) == sid(other))
            }
            _ => None,
        }
    }

    fn is(&self, effect: &str) -> Option<bool> {
        self.effect.as_ref().map(|e| e.eq_ignore_ascii_case(effect))
    }

    fn value(&self) -> Value {
        let object = |entries: Vec<(&str, Value)>| {
            Value::object(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
        };
        let list = |all: Vec<Value>, open: bool| if open { partly(all) } else { Value::tuple(all) };
        let principals = |all: &[(Value, Part)]| {
            let open = self.open || all.iter().any(|(_, ids)| ids.open);
            let each = all.iter().flat_map(|(ty, ids)| {
                ids.known
                    .iter()
                    .map(move |id| object(vec![("type", ty.clone()), ("id", id.clone())]))
            });
            list(each.collect(), open)
        };
        let conditions = self.conditions.iter().map(|(test, variable, values)| {
            object(vec![
                ("test", test.clone()),
                ("variable", variable.clone()),
                ("values", values.value()),
            ])
        });
        object(vec![
            ("sid", self.sid.clone().unwrap_or_else(Value::null)),
            (
                "effect",
                self.effect
                    .as_ref()
                    .map_or_else(Value::unknown, |e| Value::string(e.as_str())),
            ),
            ("actions", self.actions.value()),
            ("not_actions", self.not_actions.value()),
            ("resources", self.resources.value()),
            ("not_resources", self.not_resources.value()),
            ("principals", principals(&self.principals)),
            ("not_principals", principals(&self.not_principals)),
            ("conditions", list(conditions.collect(), self.open)),
        ])
    }

    /// Whether it is about this resource: any, if it names none (a policy of the resource itself).
    fn is_about(&self, resource: &str) -> Option<bool> {
        if self.resources.strings().any(|r| includes(r, resource)) {
            return Some(true);
        }
        if !self.not_resources.is_absent() {
            let excluded = self.not_resources.strings().any(|r| includes(r, resource));
            return (excluded || !self.not_resources.open).then_some(!excluded);
        }
        (!self.resources.open).then_some(false)
    }

    /// Whether it is about this resource, whatever is tagged or passed or bounded how.
    fn is_about_whole(&self, resource: &str) -> Option<bool> {
        let mut is_known = !self.open;
        for (test, variable, _) in &self.conditions {
            let is_met_by_few = test
                .as_str()
                .map(|test| !LETS_OTHERS_PASS.iter().any(|part| test.contains(part)));
            match is_met_by_few.and_then(|few| Some(few && narrows(variable.as_str()?))) {
                Some(true) => return Some(false),
                Some(false) => {}
                None => is_known = false,
            }
        }
        let is_about = self.is_about(resource);
        is_about.filter(|is_about| is_known || !is_about)
    }

    /// The action strings that include an action.
    fn including(&self, action: &str) -> (Vec<Value>, bool) {
        let is_it = |v: &&Value| v.as_str().is_some_and(|a| includes(a, action));
        let mut all: Vec<Value> = self.actions.known.iter().filter(is_it).cloned().collect();
        let excluded = self.not_actions.strings().any(|a| includes(a, action));
        if !self.not_actions.is_absent() && !excluded && !self.not_actions.open {
            all.extend(self.not_actions.known.first().cloned());
        }
        if self.except.strings().any(|a| includes(a, action)) {
            return (Vec::new(), true);
        }
        if self.except.open {
            return (Vec::new(), all.is_empty() && !self.actions.open);
        }
        (all, !self.actions.open && !self.not_actions.open)
    }

    fn is_for_everybody(&self) -> Option<bool> {
        let everybody = self.everybody();
        let is_known = !self.open && self.principals.iter().all(|(_, ids)| !ids.open);
        if !everybody.is_empty() {
            Some(true)
        } else {
            is_known.then_some(false)
        }
    }

    /// The principals that are everybody.
    fn everybody(&self) -> Vec<Value> {
        let open_types = ["*", "AWS"];
        let is_everybody = |ty: &Value, id: &Value| {
            if ty.as_str() == Some(MEMBER) {
                let everybody = ["allUsers", "allAuthenticatedUsers"];
                return id.as_str().is_some_and(|id| everybody.contains(&id));
            }
            ty.as_str().is_some_and(|t| open_types.contains(&t))
                && id.as_str().is_some_and(|i| {
                    i == "*" || i == "arn:aws:iam::*:root" || i == "arn:aws:iam::*"
                })
        };
        let ids = |(ty, ids): &(Value, Part)| {
            ids.known
                .iter()
                .filter(|id| is_everybody(ty, id))
                .cloned()
                .collect::<Vec<_>>()
        };
        let mut all: Vec<Value> = self.principals.iter().flat_map(ids).collect();
        // Everybody but these.
        all.extend(
            self.not_principals
                .iter()
                .flat_map(|(_, ids)| ids.known.first().cloned()),
        );
        all
    }
}

/// Whether the pattern of a policy includes all that another one does.
fn includes(pattern: &str, wanted: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let wanted = wanted.to_ascii_lowercase();
    let is_all = pattern.chars().all(|c| c == '*' || c == ':') && pattern.contains('*');
    is_all || glob(pattern.as_bytes(), wanted.as_bytes())
}

/// `*` and `?` in the pattern only; in linear space, quadratic time.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == text[t] || (*c == b'?' && text[t] != b'*') => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    p = star_p + 1;
                    t = star_t + 1;
                    star = Some((star_p, star_t + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

pub(super) fn statements_value(policy: &Value, around: &Around<'_>) -> Value {
    let (all, is_whole) = &*statements(policy, around);
    let values: Vec<Value> = all.iter().map(Statement::value).collect();
    if *is_whole {
        Value::tuple(values)
    } else {
        partly(values)
    }
}

/// `iam::allows(policy, action, resource)`
pub(super) fn allows(args: &[Value], around: &Around<'_>) -> Value {
    let [policy, action, rest @ ..] = args else {
        return Value::unknown();
    };
    if policy.is_null() {
        return Value::tuple(Vec::new());
    }
    let Some(action) = action.as_str() else {
        return Value::unknown();
    };
    let resource = match rest.first() {
        None => None,
        Some(value) => match value.as_str() {
            Some(resource) => Some(resource),
            None => return Value::unknown(),
        },
    };
    let policy = statements(policy, around);
    let (all, mut is_whole) = (&policy.0, policy.1);
    let mut offending = Vec::new();
    for statement in all {
        let is_about = resource.map_or(Some(true), |r| statement.is_about_whole(r));
        let (including, whole) = statement.including(action);
        match (statement.is("Allow"), is_about) {
            (Some(false), _) | (_, Some(false)) => {}
            (Some(true), Some(true)) => {
                offending.extend(including);
                is_whole &= whole;
            }
            _ => is_whole &= including.is_empty() && whole,
        }
    }
    found(offending, is_whole)
}

/// What a condition is about that leaves only some of the resources, or of what can be done with them.
const NARROWING: [&str; 7] = [
    "ec2:createaction",
    "iam:associatedresourcearn",
    "iam:awsservicename",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "kms:grantisforawsresource",
];

/// Parts of the names of tests that a resource without the tag, or any other one, meets.
const LETS_OTHERS_PASS: [&str; 3] = ["Not", "IfExists", "Null"];

fn narrows(variable: &str) -> bool {
    let variable = variable.to_ascii_lowercase();
    NARROWING.contains(&variable.as_str()) || variable.contains("tag/")
}

/// What a condition is about that leaves a statement open to the world.
const NOT_RESTRICTING: [&str; 4] = [
    "aws:securetransport",
    "s3:tlsversion",
    "s3:x-amz-acl",
    "aws:requestedregion",
];

pub(super) fn public(policy: &Value, around: &Around<'_>) -> Value {
    if policy.is_null() {
        return Value::tuple(Vec::new());
    }
    let policy = statements(policy, around);
    let (all, mut is_whole) = (&policy.0, policy.1);
    let mut offending = Vec::new();
    for statement in all {
        let restricts = |(_, variable, _): &(Value, Value, Part)| match variable.as_str() {
            Some(v) => !NOT_RESTRICTING.contains(&v.to_ascii_lowercase().as_str()),
            None => true,
        };
        if statement.is("Allow") == Some(false) || statement.conditions.iter().any(restricts) {
            continue;
        }
        match (
            statement.is("Allow"),
            statement.is_for_everybody(),
            statement.open,
        ) {
            (Some(true), Some(true), false) => offending.extend(statement.everybody()),
            (_, Some(false), _) => {}
            _ => is_whole = false,
        }
    }
    found(offending, is_whole)
}

pub(super) fn denies_plain_http(policy: &Value, around: &Around<'_>) -> Option<bool> {
    if policy.is_null() {
        return Some(false);
    }
    let policy = statements(policy, around);
    let (all, mut is_whole) = (&policy.0, policy.1);
    for statement in all {
        let refuses = |(test, variable, values): &(Value, Value, Part)| {
            let is =
                |v: &Value, text: &str| v.as_str().is_some_and(|t| t.eq_ignore_ascii_case(text));
            let is_bool = is(test, "Bool") || is(test, "BoolIfExists");
            let is_false = values.known.iter().any(|v| v.as_bool() == Some(false));
            is_bool && is(variable, "aws:SecureTransport") && is_false
        };
        let is_broad = statement.actions.strings().any(|a| a.ends_with('*'));
        let denies = statement.is("Deny") == Some(true) && statement.conditions.iter().any(refuses);
        if denies && is_broad && statement.is_for_everybody() == Some(true) {
            return Some(true);
        }
        let may_deny = statement.is("Deny") != Some(false);
        let is_known = !statement.open
            && !statement.actions.open
            && statement.effect.is_some()
            && statement.is_for_everybody().is_some()
            && statement
                .conditions
                .iter()
                .all(|(t, v, values)| !t.is_unknown() && !v.is_unknown() && !values.open);
        is_whole &= !may_deny || is_known;
    }
    is_whole.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::includes;

    #[test]
    fn patterns_include() {
        let cases = [
            ("*", "*", true),
            ("*:*", "*", true),
            ("s3:*", "*", false),
            ("s3:*", "s3:*", true),
            ("s3:Get*", "s3:*", false),
            ("S3:get*", "s3:GetObject", true),
            ("iam:Pass?ole", "iam:PassRole", true),
            ("iam:Pass?", "iam:Pass*", false),
            ("arn:aws:s3:::logs/*", "*", false),
        ];
        for (pattern, wanted, expected) in cases {
            assert_eq!(includes(pattern, wanted), expected, "{pattern} {wanted}");
        }
    }
}
