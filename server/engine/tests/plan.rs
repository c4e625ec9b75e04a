//! Modules against `terraform plan`.
//!
//! Each folder below `plan/` is a root module; its `plan.json` holds what the real Terraform, with the real AWS
//! provider, plans for each resource: known arguments with their values, `"⟨unknown⟩"` for what only `apply` tells. After
//! a change have the answers written, where Terraform and, somewhere below a folder, the provider are installed:
//!
//!     STOCKADE_PROVIDERS=folder STOCKADE_ORACLE=terraform cargo test -p stockade-engine --test plan
//!
//! (`STOCKADE_ORACLE=new` asks for what has none yet.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value as Json, json};
use stockade_engine::{Options, Planned, Workspace};
use stockade_eval::{EvalBlock, EvalBody, Kind, Value};
use stockade_model::BlockKind;

const UNKNOWN: &str = "⟨unknown⟩";

/// What the provider plans where the configuration says `null`.
const DEFAULTS: [(&str, &str); 6] = [
    ("is_ipv6_enabled", "false"),
    ("self", "false"),
    ("fifo_topic", "false"),
    ("fifo_queue", "false"),
    ("visibility_timeout_seconds", "30"),
    ("kms_data_key_reuse_period_seconds", "0"),
];

/// Of what the plan knows, this share must be known to us.
const WANTED: f64 = 0.98;

#[test]
fn arguments_are_what_terraform_plans() {
    let fixtures = fixtures();
    let asked = std::env::var("STOCKADE_ORACLE").ok();
    for fixture in fixtures.iter().filter(|_| asked.is_some()) {
        if asked.as_deref() != Some("new") || !fixture.join("plan.json").exists() {
            let asked = std::panic::catch_unwind(|| ask_terraform(fixture));
            drop(asked); // what has no answer is told below
        }
    }
    let mut told = Told::default();
    for fixture in &fixtures {
        let text = fs::read_to_string(fixture.join("plan.json")).unwrap_or_default();
        let name = fixture.file_name().unwrap_or_default().to_string_lossy();
        let Ok(plan) = serde_json::from_str::<BTreeMap<String, Resource>>(&text) else {
            told.wrong.push(format!(
                "{name}: no plan.json that can be read; see the head of this file"
            ));
            continue;
        };
        told.compare(&name, &plan, &ours(fixture));
    }
    let share = told.known as f64 / told.planned.max(1) as f64;
    println!(
        "{} modules: of {} configured arguments that the plan knows, {} are known ({:.1} %)\n{}",
        fixtures.len(),
        told.planned,
        told.known,
        share * 100.0,
        told.unknown.join("\n")
    );
    assert!(
        told.wrong.is_empty(),
        "{} differ\n{}",
        told.wrong.len(),
        told.wrong.join("\n")
    );
    assert!(share >= WANTED, "not known:\n{}", told.unknown.join("\n"));
}

/// What the plan says of a resource instance.
#[derive(serde::Serialize, serde::Deserialize)]
struct Resource {
    /// The names of arguments and nested blocks that are written, `dynamic` ones apart.
    configured: Vec<String>,
    values: Map<String, Json>,
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan");
    let entries = fs::read_dir(folder).expect("tests/plan");
    let mut all: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    all.sort();
    all
}

/// A copy: what stands around the fixtures is no part of them.
fn copy_of(fixture: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let from = entry.expect("an entry").path();
            let to = to.join(from.file_name().unwrap_or_default());
            match from.is_dir() {
                true => copy(&from, &to),
                false if to.ends_with("plan.json") => {}
                false => drop(fs::copy(&from, &to).expect("a file")),
            }
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(fixture, folder.path());
    folder
}

fn ours(fixture: &Path) -> Vec<Planned> {
    let folder = copy_of(fixture);
    let mut workspace = Workspace::new(Options::default());
    workspace.load_all(&[folder.path().to_path_buf()]);
    workspace.settle();
    workspace.planned(folder.path())
}

/// What was found in all fixtures.
#[derive(Default)]
struct Told {
    planned: usize,
    known: usize,
    wrong: Vec<String>,
    unknown: Vec<String>,
}

impl Told {
    fn compare(&mut self, fixture: &str, plan: &BTreeMap<String, Resource>, ours: &[Planned]) {
        let managed = ours.iter().filter(|p| p.of.kind == BlockKind::Resource);
        let ours: BTreeMap<&str, &Planned> = managed.map(|p| (p.address.as_str(), p)).collect();
        for (address, resource) in plan {
            let at = format!("{fixture}: {address}");
            match ours.get(address.as_str()) {
                Some(planned) => self.body(&at, resource, &planned.body),
                None => self.wrong.push(format!("{at} is planned, and not seen")),
            }
        }
        let unplanned = ours.keys().filter(|address| !plan.contains_key(**address));
        let unplanned =
            unplanned.map(|address| format!("{fixture}: {address} is seen, and not planned"));
        self.wrong.extend(unplanned);
    }

    fn body(&mut self, at: &str, resource: &Resource, body: &EvalBody) {
        let there: BTreeSet<&str> = names(body);
        let lost = resource
            .configured
            .iter()
            .filter(|name| !there.contains(name.as_str()));
        for name in lost {
            let planned = resource.values.get(name);
            let is_default = |v: &Json| {
                let text = v.to_string();
                DEFAULTS.iter().any(|(n, d)| n == name && text == *d)
            };
            if planned
                .is_some_and(|v| !is_nothing(v) && !is_default(v) && v.as_str() != Some(UNKNOWN))
            {
                self.wrong
                    .push(format!("{at}.{name} is planned, and absent to us"));
            }
        }
        let mut count = Count::default();
        count.body(at, body, &resource.values);
        self.planned += count.planned;
        self.known += count.known;
        self.wrong.extend(count.wrong);
        self.unknown.extend(count.unknown);
    }
}

fn names(body: &EvalBody) -> BTreeSet<&str> {
    let attributes = body.attributes.iter().map(|(name, _)| name.as_str());
    let blocks = body.blocks.iter().map(|b| b.name.as_str());
    let open = body.open.iter().map(smol_str::SmolStr::as_str);
    attributes.chain(blocks).chain(open).collect()
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(a) => a.is_empty(),
        Json::Object(o) => o.is_empty(),
        _ => false,
    }
}

/// How one resource compares.
#[derive(Default)]
struct Count {
    planned: usize,
    known: usize,
    wrong: Vec<String>,
    unknown: Vec<String>,
}

/// Arguments of Terraform itself, which no plan lists.
const META: [&str; 5] = ["count", "for_each", "provider", "depends_on", "lifecycle"];

impl Count {
    fn body(&mut self, at: &str, body: &EvalBody, plan: &Map<String, Json>) {
        let is_meta = |name: &str| META.contains(&name);
        for (name, value) in body.attributes.iter().filter(|(name, _)| !is_meta(name)) {
            let planned = plan.get(name.as_str()).unwrap_or(&Json::Null);
            self.value(&format!("{at}.{name}"), value, planned);
        }
        let names: BTreeSet<&str> = body
            .blocks
            .iter()
            .map(|b| b.name.as_str())
            .chain(body.open.iter().map(smol_str::SmolStr::as_str))
            .filter(|name| !is_meta(name))
            .collect();
        for name in names {
            let blocks: Vec<&EvalBlock> = body.blocks_of(name).collect();
            let planned = plan.get(name).unwrap_or(&Json::Null);
            let planned = match planned {
                Json::Array(all) => all.as_slice(),
                Json::Null => &[],
                one => std::slice::from_ref(one),
            };
            self.blocks(
                &format!("{at}.{name}"),
                body.is_open(name),
                &blocks,
                planned,
            );
        }
    }

    fn blocks(&mut self, at: &str, is_open: bool, ours: &[&EvalBlock], plan: &[Json]) {
        if is_open {
            self.planned += 1;
            self.unknown.push(at.to_owned());
            return;
        }
        if plan.iter().any(|p| p.as_str() == Some(UNKNOWN)) {
            return;
        }
        if ours.len() != plan.len() {
            let (ours, plan) = (ours.len(), plan.len());
            return self
                .wrong
                .push(format!("{at}: {plan} blocks are planned, {ours} seen"));
        }
        let mut rest: Vec<&Json> = plan.iter().collect();
        for block in ours {
            let none = Map::new();
            let try_one = |planned: &Json| {
                let mut count = Count::default();
                count.body(at, &block.body, planned.as_object().unwrap_or(&none));
                count
            };
            // A set has an order of its own.
            let counts = rest.iter().map(|planned| try_one(planned)).enumerate();
            let best = counts.min_by_key(|(i, count)| (count.wrong.len(), *i));
            if let Some((i, count)) = best {
                rest.remove(i);
                self.planned += count.planned;
                self.known += count.known;
                self.wrong.extend(count.wrong);
                self.unknown.extend(count.unknown);
            }
        }
    }

    fn value(&mut self, at: &str, ours: &Value, plan: &Json) {
        if plan.as_str() == Some(UNKNOWN) {
            if ours.is_wholly_known() {
                self.wrong.push(format!(
                    "{at} is not known to the plan, to us it is {ours:?}"
                ));
            }
            return;
        }
        self.planned += 1;
        match shown(ours) {
            None => self.unknown.push(format!("{at}: {plan}")),
            Some(shown) if is_same(&shown, plan) => self.known += 1,
            Some(shown) => self
                .wrong
                .push(format!("{at}: planned {plan}, seen {shown}")),
        }
    }
}

/// A value as JSON; `None` when something in it is unknown.
fn shown(value: &Value) -> Option<Json> {
    Some(match &value.kind {
        Kind::Null => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => serde_json::from_str(&n.to_string()).ok()?,
        Kind::String(s) => Json::String(s.to_string()),
        Kind::List(_, elements) => Json::Array(elements.iter().map(shown).collect::<Option<_>>()?),
        Kind::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(k, v)| Some((k.to_string(), shown(v)?)));
            Json::Object(entries.collect::<Option<_>>()?)
        }
        Kind::Unknown(_) => return None,
    })
}

/// Equal after what providers do to values: types converted, nulls left out, JSON laid out anew, sets in their order.
fn is_same(ours: &Json, plan: &Json) -> bool {
    match (ours, plan) {
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| is_same(a, b)))
        }
        (Json::Object(a), Json::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let get =
                |of: &Map<String, Json>, key: &String| of.get(key).cloned().unwrap_or(Json::Null);
            keys.into_iter()
                .all(|key| is_same(&get(a, key), &get(b, key)))
        }
        (Json::String(a), Json::String(b)) if a != b => {
            let document = |s: &str| {
                serde_json::from_str::<Json>(s)
                    .ok()
                    .filter(serde_json::Value::is_object)
            };
            document(a)
                .zip(document(b))
                .is_some_and(|(a, b)| is_same(&a, &b))
        }
        (a, b) => text(a) == text(b),
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Number(n) => n.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}

/// Has Terraform plan a copy of a fixture, and writes its `plan.json`.
fn ask_terraform(fixture: &Path) {
    let folder = copy_of(fixture);
    let provider = std::env::var_os("STOCKADE_PROVIDERS").map(PathBuf::from);
    let provider = provider.and_then(|folder| self::provider(&folder));
    let provider = provider.expect("the AWS provider below $STOCKADE_PROVIDERS");
    let settings = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"hashicorp/aws\" = \"{}\"\n  }}\n  direct {{}}\n}}\n",
        provider.display()
    );
    fs::write(folder.path().join("settings.tfrc"), settings).expect("settings");
    let credentials = "provider \"aws\" {\n  region = \"eu-central-1\"\n  access_key = \"mock\"\n  secret_key = \"mock\"\n  skip_credentials_validation = true\n  skip_requesting_account_id = true\n  skip_metadata_api_check = true\n}\n";
    fs::write(folder.path().join("zz_provider.tf"), credentials).expect("a provider");
    let terraform = |arguments: &[&str]| {
        let output = Command::new("terraform")
            .args(arguments)
            .current_dir(folder.path())
            .env("TF_CLI_CONFIG_FILE", folder.path().join("settings.tfrc"))
            .output()
            .expect("terraform");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {error}", fixture.display());
        output.stdout
    };
    terraform(&["get"]);
    terraform(&["plan", "-refresh=false", "-input=false", "-out=plan.bin"]);
    let plan: Json =
        serde_json::from_slice(&terraform(&["show", "-json", "plan.bin"])).expect("JSON");
    let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        if change["mode"] != "managed" {
            continue;
        }
        let values = merged(
            &change["change"]["after"],
            &change["change"]["after_unknown"],
        );
        let mut values = values.as_object().cloned().unwrap_or_default();
        values.retain(|_, value| !is_nothing(value));
        values.remove("tags_all");
        let resource = Resource {
            configured: configured(&plan["configuration"]["root_module"], change),
            values,
        };
        resources.insert(
            change["address"].as_str().unwrap_or_default().to_owned(),
            resource,
        );
    }
    let text = serde_json::to_string_pretty(&resources).expect("JSON");
    fs::write(fixture.join("plan.json"), format!("{text}\n")).expect("written");
}

/// Values with what is unknown of them marked.
fn merged(after: &Json, unknown: &Json) -> Json {
    match (after, unknown) {
        (_, Json::Bool(true)) => json!(UNKNOWN),
        (Json::Object(values), Json::Object(marks)) => {
            let keys: BTreeSet<&String> = values.keys().chain(marks.keys()).collect();
            let get =
                |of: &Map<String, Json>, key: &String| of.get(key).cloned().unwrap_or(Json::Null);
            let merged = keys
                .into_iter()
                .map(|key| (key.clone(), merged(&get(values, key), &get(marks, key))));
            Json::Object(merged.collect())
        }
        (Json::Array(values), Json::Array(marks)) => {
            let mark = |i: usize| marks.get(i).unwrap_or(&Json::Null);
            let merged = values
                .iter()
                .enumerate()
                .map(|(i, value)| merged(value, mark(i)));
            Json::Array(merged.collect())
        }
        (value, _) => value.clone(),
    }
}

/// The names of what is written in a resource, `dynamic` blocks apart.
fn configured(root: &Json, change: &Json) -> Vec<String> {
    let path = change["module_address"].as_str().unwrap_or_default();
    let without_keys: String = {
        let mut depth = 0;
        path.chars()
            .filter(|c| {
                depth += i32::from(*c == '[');
                let is_outside = depth == 0;
                depth -= i32::from(*c == ']');
                is_outside
            })
            .collect()
    };
    let mut module = root;
    for name in without_keys
        .split('.')
        .filter(|part| !part.is_empty() && *part != "module")
    {
        module = &module["module_calls"][name]["module"];
    }
    let resources = module["resources"].as_array().into_iter().flatten();
    let found = resources.filter(|r| {
        r["type"] == change["type"] && r["name"] == change["name"] && r["mode"] == "managed"
    });
    let expressions = found.filter_map(|r| r["expressions"].as_object());
    expressions.flat_map(|e| e.keys().cloned()).collect()
}

/// The folder of the AWS provider's binary, told by its name.
fn provider(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let mut entries: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    let name = |p: &PathBuf| {
        p.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    if entries
        .iter()
        .any(|p| name(p).starts_with("terraform-provider-aws_v5"))
    {
        return Some(folder.to_path_buf());
    }
    let folders = entries.iter().filter(|p| p.is_dir() && !p.is_symlink());
    folders.into_iter().find_map(|p| provider(p))
}
