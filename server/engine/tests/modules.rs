//! What crosses a module call: arguments, outputs, references; and what goes in circles.

use std::path::Path;

use stockade_engine::{Event, Options, ReportKind, Workspace};

const ENCRYPTION: &str = "aws-rds-instance-without-storage-encryption";
const FORCE_SSL: &str = "aws-rds-parameter-group-without-tls";
const VERSIONING: &str = "aws-s3-bucket-without-versioning";

const DATABASE: (&str, &str) = (
    "db/main.tf",
    "variable \"encrypted\" {\n  default = true\n}\nresource \"aws_db_instance\" \"db\" {\n  storage_encrypted = var.encrypted\n}\noutput \"encrypted\" {\n  value = var.encrypted\n}\n",
);

/// A bucket, and the call of a module that is given it.
const HANDED: (&str, &str) = (
    "main.tf",
    "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"b\"\n}\nmodule \"m\" {\n  source = \"./m\"\n  bucket = aws_s3_bucket.b.id\n}\n",
);

/// What a rule finds in a folder: `file address`, and where else it points.
struct Case<'a> {
    what: &'a str,
    files: &'a [(&'a str, &'a str)],
    rule: &'a str,
    finds: &'a [&'a str],
}

#[test]
fn values_cross_calls() {
    let check = |case: Case<'_>| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(
            found(folder.path(), case.files, case.rule),
            case.finds,
            "{}",
            case.what
        );
    };
    check(Case {
        what: "a literal, of one of two calls",
        files: &[
            DATABASE,
            (
                "main.tf",
                "module \"a\" {\n  source    = \"./db\"\n  encrypted = false\n}\nmodule \"b\" {\n  source = \"./db\"\n}\n",
            ),
        ],
        rule: ENCRYPTION,
        finds: &["db/main.tf aws_db_instance.db <- main.tf:3 main.tf:1"],
    });
    check(Case {
        what: "through a local, two levels deep, and back",
        files: &[
            DATABASE,
            (
                "mid/main.tf",
                "variable \"flags\" {}\nmodule \"db\" {\n  source    = \"../db\"\n  encrypted = var.flags.encrypted\n}\noutput \"out\" {\n  value = module.db.encrypted\n}\n",
            ),
            (
                "main.tf",
                "locals {\n  off = false\n}\nmodule \"mid\" {\n  source = \"./mid\"\n  flags  = { encrypted = local.off }\n}\nresource \"aws_db_instance\" \"copy\" {\n  storage_encrypted = module.mid.out\n}\n",
            ),
        ],
        rule: ENCRYPTION,
        finds: &[
            "db/main.tf aws_db_instance.db <- mid/main.tf:4 main.tf:6 main.tf:2 mid/main.tf:2 main.tf:4",
            "main.tf aws_db_instance.copy <- main.tf:4",
        ],
    });
    check(Case {
        what: "keys of for_each and indices of count",
        files: &[
            DATABASE,
            (
                "main.tf",
                "module \"e\" {\n  source    = \"./db\"\n  for_each  = { a = true, b = false }\n  encrypted = each.value\n}\nmodule \"c\" {\n  source    = \"./db\"\n  count     = 2\n  encrypted = count.index == 0\n}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = module.e[\"a\"].encrypted && module.c[0].encrypted\n}\nresource \"aws_db_instance\" \"b\" {\n  storage_encrypted = module.e[\"b\"].encrypted\n}\nresource \"aws_db_instance\" \"c\" {\n  storage_encrypted = module.c[1].encrypted\n}\n",
            ),
        ],
        rule: ENCRYPTION,
        finds: &[
            "db/main.tf aws_db_instance.db <- main.tf:4 main.tf:1 main.tf:6",
            "main.tf aws_db_instance.b <- main.tf:1",
            "main.tf aws_db_instance.c <- main.tf:6",
        ],
    });
    check(Case {
        what: "of two outputs of a name the first",
        files: &[
            (
                "db/main.tf",
                "output \"on\" {\n  value = true\n}\noutput \"on\" {\n  value = false\n}\n",
            ),
            (
                "main.tf",
                "module \"a\" {\n  source = \"./db\"\n}\nresource \"aws_db_instance\" \"db\" {\n  storage_encrypted = module.a.on\n}\n",
            ),
        ],
        rule: ENCRYPTION,
        finds: &[],
    });
    check(Case {
        what: "a call that does not exist leaves the inputs unknown",
        files: &[
            DATABASE,
            (
                "main.tf",
                "module \"a\" {\n  source    = \"./db\"\n  count     = 0\n  encrypted = false\n}\n",
            ),
        ],
        rule: ENCRYPTION,
        finds: &[],
    });
    check(Case {
        what: "arguments made of what the call yields",
        files: &[
            DATABASE,
            (
                "main.tf",
                "module \"a\" {\n  source    = \"./db\"\n  encrypted = !module.a.encrypted\n}\n",
            ),
        ],
        rule: ENCRYPTION,
        finds: &[],
    });
    check(Case {
        what: "a module that calls itself",
        files: &[(
            "main.tf",
            "variable \"n\" {\n  default = 0\n}\nmodule \"again\" {\n  source = \"./.\"\n  n      = var.n + 1\n}\nresource \"aws_db_instance\" \"db\" {\n  storage_encrypted = var.n > 5\n}\n",
        )],
        rule: ENCRYPTION,
        finds: &["main.tf aws_db_instance.db <- main.tf:2"],
    });
}

#[test]
fn references_cross_calls() {
    let check = |what: &str, module: &str, finds: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = [HANDED, ("m/main.tf", module)];
        assert_eq!(found(folder.path(), &files, VERSIONING), finds, "{what}");
    };
    check(
        "a module that may hold the companion",
        "variable \"bucket\" {}\nresource \"aws_s3_bucket_versioning\" \"v\" {\n  bucket = var.bucket\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n",
        &[],
    );
    check(
        "a module that holds none",
        "variable \"bucket\" {}\nresource \"aws_s3_object\" \"o\" {\n  bucket = var.bucket\n  key    = \"k\"\n}\n",
        &["main.tf aws_s3_bucket.b <- "],
    );
    check(
        "a bucket of the same name in the module is another one",
        "variable \"bucket\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = \"other\"\n}\nresource \"aws_s3_bucket_versioning\" \"v\" {\n  bucket = var.bucket\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n",
        &["m/main.tf aws_s3_bucket.b <- main.tf:4"],
    );
}

/// The ways to an argument: in each, `@` is the value of `storage_encrypted`, and the finding points where it stands.
#[test]
fn a_reference_means_one_instance() {
    let check = |key: &str, finds: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let groups = "resource \"aws_db_parameter_group\" \"g\" {\n  for_each = { strict = \"1\", lax = \"0\" }\n  family   = \"postgres16\"\n  parameter {\n    name  = \"rds.force_ssl\"\n    value = each.value\n  }\n}\n";
        let database = "resource \"aws_db_instance\" \"d\" {\n  engine               = \"postgres\"\n  engine_version       = \"16\"\n  parameter_group_name = aws_db_parameter_group.g[\"KEY\"].name\n}\n";
        let text = format!("{groups}{}", database.replace("KEY", key));
        let files = [("main.tf", &*text)];
        assert_eq!(found(folder.path(), &files, FORCE_SSL), finds, "{key}");
    };
    check("strict", &[]);
    check("lax", &["main.tf aws_db_instance.d <- main.tf:12"]);
}

#[test]
fn companions_belong_to_instances() {
    let check = |what: &str, companion: &str, finds: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let buckets = "resource \"aws_s3_bucket\" \"b\" {\n  for_each = toset([\"x\", \"y\"])\n}\n";
        let resource = "resource \"aws_s3_bucket_versioning\" \"v\"";
        let status = |s: &str| format!("versioning_configuration {{\n    status = {s}\n  }}");
        let text = companion.replace("RESOURCE", resource);
        let text = text.replace("ENABLED", &status("\"Enabled\""));
        let text = text.replace("EACH", &status("each.value"));
        let files = [("main.tf", &*format!("{buckets}{text}"))];
        assert_eq!(found(folder.path(), &files, VERSIONING), finds, "{what}");
    };
    check(
        "one for one key, written out",
        "RESOURCE {\n  bucket = aws_s3_bucket.b[\"x\"].id\n  ENABLED\n}\n",
        &["main.tf aws_s3_bucket.b[\"y\"] <- "],
    );
    check(
        "one for each key",
        "RESOURCE {\n  for_each = aws_s3_bucket.b\n  bucket   = each.value.id\n  ENABLED\n}\n",
        &[],
    );
    check(
        "each with a value of its own",
        "RESOURCE {\n  for_each = { x = \"Enabled\", y = \"Disabled\" }\n  bucket   = aws_s3_bucket.b[each.key].id\n  EACH\n}\n",
        &["main.tf aws_s3_bucket.b[\"y\"] <- main.tf:1"],
    );
    check(
        "for keys that can't be known",
        "variable \"keys\" {}\nRESOURCE {\n  for_each = var.keys\n  bucket   = aws_s3_bucket.b[each.key].id\n  ENABLED\n}\n",
        &[],
    );
}

#[test]
fn a_setting_is_followed_whichever_way_it_is_reached() {
    for (what, files, finds) in WAYS {
        for (value, expected) in [("false", Some(*finds)), ("true", None)] {
            let texts: Vec<(&str, String)> = files
                .iter()
                .map(|(name, text)| (*name, text.replace('@', value)))
                .collect();
            let files: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (*n, t.as_str())).collect();
            let folder = tempfile::tempdir().expect("a temporary folder");
            let found = found(folder.path(), &files, ENCRYPTION);
            assert_eq!(found, Vec::from_iter(expected), "{what}: {value}");
        }
    }
}

/// What it is, the files, and the finding.
type Way = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const WAYS: &[Way] = &[
    (
        "directly",
        &[(
            "main.tf",
            "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = @\n}\n",
        )],
        "main.tf aws_db_instance.d <- ",
    ),
    (
        "a default",
        &[
            (
                "main.tf",
                "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = var.v\n}\n",
            ),
            (
                "variables.tf",
                "variable \"v\" {\n  type    = bool\n  default = \"@\"\n}\n",
            ),
        ],
        "main.tf aws_db_instance.d <- variables.tf:3",
    ),
    (
        "a tfvars line",
        &[
            (
                "main.tf",
                "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = var.v\n}\n",
            ),
            ("variables.tf", "variable \"v\" {\n  default = true\n}\n"),
            ("terraform.tfvars", "\n\nv = @\n"),
        ],
        "main.tf aws_db_instance.d <- terraform.tfvars:3",
    ),
    (
        "a local of a variable",
        &[(
            "main.tf",
            "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = local.l\n}\nlocals {\n  l = var.v\n}\nvariable \"v\" {\n  default = @\n}\n",
        )],
        "main.tf aws_db_instance.d <- main.tf:5 main.tf:8",
    ),
    (
        "a conditional",
        &[(
            "main.tf",
            "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = local.is_prod ? local.l : true\n}\nlocals {\n  is_prod = true\n  l       = @\n}\n",
        )],
        "main.tf aws_db_instance.d <- main.tf:6",
    ),
    (
        "an override file, and what it takes away",
        &[
            (
                "main.tf",
                "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = true\n}\nresource \"aws_db_instance\" \"e\" {\n  storage_encrypted = local.off\n}\nlocals {\n  off = false\n}\n",
            ),
            (
                "a_override.tf",
                "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = @\n}\nlocals {\n  off = true\n}\n",
            ),
        ],
        "main.tf aws_db_instance.d <- ",
    ),
    (
        "JSON, from a tfvars file in JSON",
        &[
            (
                "main.tf.json",
                r#"{
  "variable": { "e": { "type": "bool", "default": true } },
  "resource": { "aws_db_instance": { "d": {
    "//": "a comment",
    "storage_encrypted": "${var.e}"
  } } }
}
"#,
            ),
            ("terraform.tfvars.json", "{\n  \"e\": @\n}\n"),
        ],
        "main.tf.json aws_db_instance.d <- terraform.tfvars.json:2",
    ),
    (
        "JSON with for_each, over what HCL says",
        &[
            (
                "main.tf.json",
                r#"{"resource": {"aws_db_instance": {"d": {
  "for_each": "${local.dbs}",
  "storage_encrypted": "${each.value.encrypted}"
}}}}
"#,
            ),
            (
                "locals.tf",
                "locals {\n  dbs = { a = { encrypted = true }, b = { encrypted = @ } }\n}\n",
            ),
        ],
        "main.tf.json aws_db_instance.d[\"b\"] <- locals.tf:2",
    ),
    (
        "an override file in JSON",
        &[
            (
                "main.tf",
                "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = true\n}\n",
            ),
            (
                "override.tf.json",
                r#"{"resource": {"aws_db_instance": {"d": {"storage_encrypted": @}}}}"#,
            ),
        ],
        "main.tf aws_db_instance.d <- ",
    ),
    (
        "a module called from JSON",
        &[
            DATABASE,
            (
                "main.tofu.json",
                r#"{"module": {"a": {"source": "./db", "encrypted": @}}}"#,
            ),
            (
                "main.tf.json",
                r#"{"module": {"hidden": {"source": "./db", "encrypted": false}}}"#,
            ),
        ],
        "db/main.tf aws_db_instance.db <- main.tofu.json:1 main.tofu.json:1",
    ),
    (
        "inputs of Terragrunt",
        &[
            DATABASE,
            (
                "live/terragrunt.hcl",
                "terraform {\n  source = \"..//db\"\n}\nlocals {\n  encrypted = @\n}\ninputs = {\n  encrypted = local.encrypted\n}\n",
            ),
        ],
        "db/main.tf aws_db_instance.db <- live/terragrunt.hcl:8 live/terragrunt.hcl:5 live/terragrunt.hcl:7",
    ),
    (
        "both branches of a conditional that is not known",
        &[(
            "main.tf",
            "variable \"c\" {}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = var.c ? @ : !(!@)\n}\n",
        )],
        "main.tf aws_db_instance.d <- ",
    ),
    (
        "an entry of a for_each",
        &[(
            "main.tf",
            "locals {\n  dbs = {\n    a = { encrypted = true }\n    b = { encrypted = @ }\n  }\n}\nresource \"aws_db_instance\" \"d\" {\n  for_each          = local.dbs\n  storage_encrypted = each.value.encrypted\n}\n",
        )],
        "main.tf aws_db_instance.d[\"b\"] <- main.tf:4",
    ),
    (
        "two entries of a for_each over what a for makes",
        &[(
            "main.tf",
            "locals {\n  on = [true, @, @]\n}\nresource \"aws_db_instance\" \"d\" {\n  for_each          = { for i, v in local.on : \"db-${i}\" => v }\n  storage_encrypted = each.value\n}\n",
        )],
        "main.tf aws_db_instance.d[\"db-1\"][\"db-2\"] <- main.tf:2",
    ),
    (
        "an index of a count",
        &[(
            "main.tf",
            "variable \"on\" {\n  default = [true, @, true]\n}\nresource \"aws_db_instance\" \"d\" {\n  count             = length(var.on)\n  storage_encrypted = var.on[count.index]\n}\n",
        )],
        "main.tf aws_db_instance.d[1] <- main.tf:2",
    ),
    (
        "a merged object",
        &[(
            "main.tf",
            "locals {\n  base = { encrypted = true, size = 1 }\n  mine = merge(local.base, { encrypted = @ })\n}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = local.mine.encrypted\n}\n",
        )],
        "main.tf aws_db_instance.d <- main.tf:3",
    ),
    (
        "a lookup's default",
        &[(
            "main.tf",
            "locals {\n  base = { size = 1 }\n}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = lookup(local.base, \"encrypted\", @)\n}\n",
        )],
        "main.tf aws_db_instance.d <- main.tf:2",
    ),
    (
        "try's default",
        &[(
            "main.tf",
            "locals {\n  base = { size = 1 }\n}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = try(local.base.encrypted, @)\n}\n",
        )],
        "main.tf aws_db_instance.d <- ",
    ),
    (
        "an optional attribute's default",
        &[(
            "main.tf",
            "variable \"db\" {\n  type    = object({ encrypted = optional(bool, @) })\n  default = {}\n}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = var.db.encrypted\n}\n",
        )],
        "main.tf aws_db_instance.d <- main.tf:3",
    ),
    (
        "a module two levels deep",
        &[
            (
                "deep/er/main.tf",
                "variable \"on\" {}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = var.on\n}\n",
            ),
            (
                "deep/main.tf",
                "variable \"on\" {}\nmodule \"er\" {\n  source = \"./er\"\n  on     = var.on\n}\n",
            ),
            (
                "main.tf",
                "module \"deep\" {\n  source = \"./deep\"\n  on     = @\n}\n",
            ),
        ],
        "deep/er/main.tf aws_db_instance.d <- deep/main.tf:4 main.tf:3 deep/main.tf:2 main.tf:1",
    ),
];

#[test]
fn calls_that_can_not_be_followed_are_told() {
    let check = |what: &str, files: &[(&str, &str)], expected: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let snapshot = opened(folder.path(), files);
        let mut told: Vec<String> = Vec::new();
        for (path, file) in snapshot.all_files() {
            let limits = file.reports.iter().filter(|r| r.kind == ReportKind::Limit);
            let name = path.strip_prefix(folder.path()).unwrap_or(path).display();
            told.extend(
                limits
                    .map(|r| format!("{name} {}", r.message.split(':').next().unwrap_or_default())),
            );
        }
        assert_eq!(told, expected, "{what}");
    };
    let call = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
    check(
        "a folder that is not there, one that is, and one from elsewhere",
        &[
            ("a.tf", &call("./missing")),
            ("b.tf", &call("./db").replace("\"m\"", "\"n\"")),
            ("c.tf", &call("acme/vpc/aws").replace("\"m\"", "\"o\"")),
            DATABASE,
        ],
        &["a.tf There is no module in ./missing"],
    );
    check(
        "a circle of two",
        &[("a/main.tf", &call("../b")), ("b/main.tf", &call("../a"))],
        &[
            "a/main.tf The module in ../b calls this one, directly or not",
            "b/main.tf The module in ../a calls this one, directly or not",
        ],
    );
    check(
        "a module that calls itself",
        &[("main.tf", &call("./"))],
        &["main.tf The module in ./ calls this one, directly or not"],
    );
}

/// The first fix of the findings of a rule: title and the lines that it makes, or why it is not proved.
fn mended(folder: &Path, files: &[(&str, &str)], rule: &str) -> Vec<String> {
    let snapshot = opened(folder, files);
    let mut all = Vec::new();
    for (_, file) in snapshot.all_files() {
        for finding in file.reports.iter().filter(|r| r.rule == rule) {
            let mut shown = match snapshot.prove(finding, 0) {
                Ok(fix) => {
                    let lines = fix.edits.iter().flat_map(|(path, edits)| {
                        let text = snapshot
                            .file(path)
                            .expect("a file of the case")
                            .rope
                            .to_string();
                        let new = stockade_text::apply(&text, edits).expect("edits that fit");
                        let old: Vec<String> = text.lines().map(str::to_owned).collect();
                        let new: Vec<String> = new.lines().map(str::to_owned).collect();
                        let path = path
                            .strip_prefix(folder)
                            .unwrap_or(path)
                            .display()
                            .to_string();
                        let changed = new
                            .into_iter()
                            .zip(1..)
                            .filter(move |(line, _)| !old.contains(line));
                        changed.map(move |(line, n)| format!("{path}:{n} {}", line.trim()))
                    });
                    std::iter::once(fix.title.clone())
                        .chain(lines)
                        .collect::<Vec<_>>()
                }
                Err(why) => vec![why.to_string()],
            };
            all.append(&mut shown);
        }
    }
    all
}

#[test]
fn a_fix_is_made_where_a_call_writes_the_value() {
    let check = |what: &str, files: &[(&str, &str)], expected: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files: Vec<(&str, &str)> = std::iter::once(DATABASE)
            .chain(files.iter().copied())
            .collect();
        assert_eq!(
            mended(folder.path(), &files, ENCRYPTION),
            expected,
            "{what}"
        );
    };
    check(
        "the argument of a call",
        &[(
            "main.tf",
            "module \"a\" {\n  source    = \"./db\"\n  encrypted = false\n}\n",
        )],
        &[
            "Change module.a's encrypted to true (replaces the resource)",
            "main.tf:3 encrypted = true",
        ],
    );
    check(
        "two calls that pass the same",
        &[(
            "main.tf",
            "module \"a\" {\n  source    = \"./db\"\n  encrypted = false\n}\nmodule \"b\" {\n  source    = \"./db\"\n  encrypted = local.no\n}\nlocals {\n  no = false\n}\n",
        )],
        &[
            "Change module.a's encrypted and local.no to true (replaces the resource)",
            "main.tf:3 encrypted = true",
            "main.tf:10 no = true",
        ],
    );
    check(
        "through another module, from a variable of the root",
        &[
            (
                "mid/main.tf",
                "variable \"flags\" {}\nmodule \"db\" {\n  source    = \"../db\"\n  encrypted = var.flags.encrypted\n}\n",
            ),
            (
                "main.tf",
                "variable \"flags\" {\n  default = { encrypted = true }\n}\nmodule \"mid\" {\n  source = \"./mid\"\n  flags  = var.flags\n}\n",
            ),
            ("terraform.tfvars", "flags = { encrypted = false }\n"),
        ],
        &[
            "Change var.flags.encrypted to true (replaces the resource)",
            "terraform.tfvars:1 flags = { encrypted = true }",
        ],
    );
    check(
        "what override files say",
        &[
            (
                "main.tf",
                "module \"a\" {\n  source    = \"./nowhere\"\n  encrypted = local.no\n}\nlocals {\n  no = true\n}\n",
            ),
            (
                "a_override.tf",
                "module \"a\" {\n  source = \"./db\"\n}\nlocals {\n  no = false\n}\n",
            ),
        ],
        &[
            "Change local.no to true (replaces the resource)",
            "a_override.tf:5 no = true",
        ],
    );
    check(
        "the default in an override file",
        &[
            (
                "main.tf",
                "variable \"v\" {\n  default = true\n}\nresource \"aws_db_instance\" \"d\" {\n  storage_encrypted = var.v\n}\n",
            ),
            ("override.tf", "variable \"v\" {\n  default = false\n}\n"),
        ],
        &[
            "Change var.v to true (replaces the resource)",
            "override.tf:2 default = true",
        ],
    );
    check(
        "what is computed on the way is overwritten in the module",
        &[(
            "main.tf",
            "variable \"v\" {\n  default = true\n}\nmodule \"a\" {\n  source    = \"./db\"\n  encrypted = !var.v\n}\n",
        )],
        &[
            "Set storage_encrypted = true (replaces the resource; overwrites what is set elsewhere)",
            "db/main.tf:5 storage_encrypted = true",
        ],
    );
}

/// A snapshot with all files open.
/// What a `.tfvars` file sets that can't be read is unknown, and what a stronger one sets is known.
#[test]
fn what_an_unreadable_file_sets_is_unknown() {
    const KEY: &str = "variable \"on\" {\n  default = false\n}\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.on\n}\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("written");
    write("main.tf", KEY);
    let mut workspace = Workspace::new(Options::default());
    workspace.load_all(&[folder.path().to_path_buf()]);
    let mut told = |changed: &str| {
        workspace.files_changed(&[path(changed)]);
        let count = |workspace: &mut Workspace| {
            let reports = workspace.settle().reports(&path("main.tf"));
            let rules = reports.iter().map(|r| r.rule.as_str());
            rules
                .filter(|r| *r == "aws-kms-key-without-rotation")
                .count()
        };
        let mut fresh = Workspace::new(Options::default());
        fresh.load_all(&[folder.path().to_path_buf()]);
        let found = count(&mut workspace);
        assert_eq!(found, count(&mut fresh), "a fresh workspace says otherwise");
        found
    };
    assert_eq!(told("main.tf"), 1);
    write("terraform.tfvars", "\0GITCRYPT\0");
    assert_eq!(told("terraform.tfvars"), 0, "encrypted");
    write("a.auto.tfvars", "on = false\n");
    assert_eq!(told("a.auto.tfvars"), 1, "a stronger file");
    write("b.auto.tfvars", "\u{fffe}\0");
    assert_eq!(
        told("b.auto.tfvars"),
        0,
        "a still stronger one that is no text"
    );
    for name in ["a.auto.tfvars", "b.auto.tfvars", "terraform.tfvars"] {
        std::fs::remove_file(path(name)).expect("removed");
        told(name);
    }
    assert_eq!(told("main.tf"), 1);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", path("terraform.tfvars")).expect("linked");
        assert_eq!(told("terraform.tfvars"), 0, "a link to nothing");
        std::fs::remove_file(path("terraform.tfvars")).expect("removed");
        assert_eq!(told("terraform.tfvars"), 1);
    }
}

fn opened(folder: &Path, files: &[(&str, &str)]) -> std::sync::Arc<stockade_engine::Snapshot> {
    let mut workspace = Workspace::new(Options::default());
    for (file, text) in files {
        workspace.apply(Event::Open {
            path: folder.join(file),
            version: 0,
            text: (*text).to_owned(),
        });
    }
    workspace.settle()
}

/// The findings of a rule: file, address, and the lines that it points at beside.
fn found(folder: &Path, files: &[(&str, &str)], rule: &str) -> Vec<String> {
    let snapshot = opened(folder, files);
    let shown = |path: &Path| {
        path.strip_prefix(folder)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let mut all = Vec::new();
    for (path, file) in snapshot.all_files() {
        let findings = file
            .reports
            .iter()
            .filter(|r| r.kind == ReportKind::Finding && r.rule == rule);
        for finding in findings {
            let related: Vec<String> = finding
                .related
                .iter()
                .map(|related| {
                    let rope = &snapshot
                        .file(&related.path)
                        .expect("a file of the case")
                        .rope;
                    let line = rope.byte_to_line(related.range.start().into()) + 1;
                    format!("{}:{line}", shown(&related.path))
                })
                .collect();
            let instances = finding.instances.concat();
            all.push(format!(
                "{} {}{instances} <- {}",
                shown(path),
                finding.address,
                related.join(" ")
            ));
        }
    }
    all.sort();
    all
}
