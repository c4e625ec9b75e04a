//! The committed tables, asked for facts about real providers.

use stockade_schema::version::Interval;
use stockade_schema::{
    Attribute, Body, Kind, Nesting, Provider, Type, find_anywhere, known_anywhere, provider_of,
    schema,
};

fn allowed(constraint: &str) -> Interval {
    constraint.parse().unwrap_or_else(|e| panic!("{e}"))
}

fn resource(provider: &str, constraint: &str, ty: &str) -> Body {
    let schema = schema(provider, &allowed(constraint)).unwrap_or_else(|| panic!("{provider}"));
    schema
        .body(Kind::Resource, ty)
        .unwrap_or_else(|| panic!("{ty} of {schema:?}"))
}

/// `storage_encrypted` → "bool optional", for tables.
fn describe(attribute: &Attribute) -> String {
    let flags = [
        (attribute.required, "required"),
        (attribute.optional, "optional"),
        (attribute.computed, "computed"),
        (attribute.sensitive, "sensitive"),
        (attribute.write_only, "write-only"),
        (attribute.deprecated, "deprecated"),
    ];
    let words = flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word);
    std::iter::once(attribute.ty.to_string())
        .chain(words.map(str::to_owned))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn arguments() {
    let table = [
        (
            "aws",
            "~> 5.0",
            "aws_s3_bucket",
            "bucket",
            "string optional computed",
        ),
        (
            "aws",
            "~> 6.0",
            "aws_s3_bucket",
            "bucket",
            "string optional computed",
        ),
        (
            "aws",
            "~> 6.0",
            "aws_s3_bucket",
            "region",
            "string optional computed",
        ),
        (
            "aws",
            "~> 5.0",
            "aws_s3_bucket",
            "tags",
            "map(string) optional",
        ),
        (
            "aws",
            "~> 5.0",
            "aws_db_instance",
            "storage_encrypted",
            "bool optional",
        ),
        (
            "aws",
            "~> 5.0",
            "aws_db_instance",
            "password",
            "string optional sensitive",
        ),
        (
            "aws",
            "~> 5.0",
            "aws_db_instance",
            "password_wo",
            "string optional sensitive write-only",
        ),
        (
            "aws",
            "~> 6.0",
            "aws_db_instance",
            "password_wo",
            "string optional sensitive write-only",
        ),
        (
            "aws",
            "~> 5.0",
            "aws_db_instance",
            "vpc_security_group_ids",
            "set(string) optional computed",
        ),
        (
            "aws",
            "~> 5.0",
            "aws_iam_access_key",
            "secret",
            "string computed sensitive",
        ),
        (
            "azurerm",
            "~> 4.0",
            "azurerm_storage_account",
            "account_tier",
            "string required",
        ),
        (
            "azurerm",
            "~> 5.0",
            "azurerm_storage_account",
            "account_tier",
            "string required",
        ),
        (
            "azurerm",
            "~> 4.0",
            "azurerm_mssql_server",
            "administrator_login_password",
            "string optional sensitive",
        ),
        (
            "google",
            "",
            "google_storage_bucket",
            "uniform_bucket_level_access",
            "bool optional computed",
        ),
        (
            "google",
            "",
            "google_sql_user",
            "password",
            "string optional sensitive",
        ),
        ("random", "", "random_password", "length", "number required"),
        ("tls", "", "tls_private_key", "algorithm", "string required"),
    ];
    for (provider, constraint, ty, name, expected) in table {
        let attribute = resource(provider, constraint, ty)
            .attribute(name)
            .unwrap_or_else(|| panic!("{ty}.{name}"));
        assert_eq!(describe(&attribute), expected, "{ty}.{name}");
        assert_eq!(attribute.name, name);
        assert_eq!(
            attribute.is_settable(),
            !expected.contains("computed") || expected.contains("optional")
        );
    }
}

#[test]
fn nested_blocks() {
    let table = [
        (
            "aws",
            "~> 5.0",
            "aws_instance",
            "root_block_device",
            Nesting::List,
            0,
            Some(1),
        ),
        (
            "aws",
            "~> 5.0",
            "aws_instance",
            "ebs_block_device",
            Nesting::Set,
            0,
            None,
        ),
        (
            "aws",
            "~> 5.0",
            "aws_instance",
            "timeouts",
            Nesting::Single,
            0,
            None,
        ),
        (
            "aws",
            "~> 5.0",
            "aws_s3_bucket_server_side_encryption_configuration",
            "rule",
            Nesting::Set,
            1,
            None,
        ),
        (
            "kubernetes",
            "",
            "kubernetes_pod_v1",
            "spec",
            Nesting::List,
            1,
            Some(1),
        ),
    ];
    for (provider, constraint, ty, name, nesting, min, max) in table {
        let block = resource(provider, constraint, ty)
            .block(name)
            .unwrap_or_else(|| panic!("{ty}.{name}"));
        assert_eq!(
            (block.nesting, block.min, block.max),
            (nesting, min, max),
            "{ty}.{name}"
        );
        assert_eq!(
            block.is_repeated(),
            nesting != Nesting::Single && max.is_none()
        );
    }
}

#[test]
fn lists_of_objects_are_repeated_blocks() {
    let group = resource("aws", "~> 5.0", "aws_security_group");
    let ingress = group
        .attribute("ingress")
        .expect("aws_security_group.ingress is an argument");
    assert!(ingress.ty.is_repeated_object() && group.block("ingress").is_none());
    let rule = group.repeated("ingress").expect("its objects");
    assert_eq!(
        rule.attribute("cidr_blocks")
            .expect("cidr_blocks")
            .ty
            .to_string(),
        "list(string)"
    );
    assert!(matches!(ingress.ty.element(), Some(Type::Object(body)) if body == rule));
    assert!(group.repeated("vpc_id").is_none() && group.repeated("tags").is_none());
    assert!(
        resource("aws", "", "aws_instance")
            .repeated("metadata_options")
            .is_some()
    );
}

#[test]
fn the_version_decides() {
    let table = [
        ("aws", "", "6.69.1"),
        ("aws", "~> 5.0", "5.100.0"),
        ("aws", ">= 4.0, < 7.0", "6.69.1"),
        ("aws", "= 5.31.0", "5.100.0"),
        ("aws", "~> 4.0", "5.100.0"),
        ("aws", ">= 7.0", "6.69.1"),
        ("aws", "!= 5.1.0, < 6", "5.100.0"),
        ("aws", ">= 2, < 1", "5.100.0"),
        ("azurerm", "~> 3.0", "4.80.0"),
        ("azurerm", "~> 4.1", "4.80.0"),
        ("azurerm", ">= 4.1", "5.10.0"),
        ("google-beta", "", "8.7.0"),
    ];
    for (provider, constraint, expected) in table {
        let schema = schema(provider, &allowed(constraint)).unwrap_or_else(|| panic!("{provider}"));
        assert_eq!(
            schema.version().to_string(),
            expected,
            "{provider} `{constraint}`"
        );
        assert_eq!(schema.provider(), provider);
    }
    assert!(schema("cloudflare", &Interval::any()).is_none());
}

#[test]
fn known_to_any_version_is_known() {
    let table: [(Kind, &str, &[&str], bool); 14] = [
        (Kind::Resource, "aws_s3_bucket", &[], true),
        (Kind::Resource, "aws_s3_bucket", &["region"], true),
        (Kind::Resource, "aws_s3_bucket", &["tags", "Owner"], true),
        (Kind::Resource, "aws_s3_bucket", &["bucket", "name"], false),
        (Kind::Resource, "aws_s3_bucket", &["buckett"], false),
        (Kind::Resource, "aws_s3_buckets", &[], false),
        (
            Kind::Resource,
            "aws_security_group",
            &["ingress", "cidr_blocks"],
            true,
        ),
        (Kind::Resource, "aws_opsworks_stack", &["name"], true),
        (
            Kind::Data,
            "aws_iam_policy_document",
            &["statement", "principals", "identifiers"],
            true,
        ),
        (Kind::Ephemeral, "random_password", &["result"], true),
        (
            Kind::Resource,
            "google_compute_instance",
            &["shielded_instance_config", "enable_vtpm"],
            true,
        ),
        (
            Kind::Resource,
            "kubernetes_deployment",
            &[
                "spec",
                "template",
                "spec",
                "container",
                "security_context",
                "privileged",
            ],
            true,
        ),
        (
            Kind::Resource,
            "azurerm_storage_account",
            &["min_tls_version"],
            true,
        ),
        (Kind::Resource, "vault_mount", &["type"], true),
    ];
    for (kind, ty, path, expected) in table {
        assert_eq!(known_anywhere(kind, ty, path), expected, "{ty} {path:?}");
    }
    assert!(
        find_anywhere(
            Kind::Resource,
            "aws_instance",
            &["root_block_device", "encrypted"]
        )
        .is_some()
    );
}

#[test]
fn a_difference_reads_like_a_whole() {
    let beta = schema("google-beta", &Interval::any()).expect("google-beta");
    let google = schema("google", &Interval::any()).expect("google");
    let (more, fewer) = (beta.types(Kind::Resource), google.types(Kind::Resource));
    assert!(more.len() > fewer.len());
    let only_beta = more
        .iter()
        .find(|ty| !fewer.contains(ty))
        .expect("a type of google-beta's own");
    assert!(
        beta.body(Kind::Resource, only_beta).is_some()
            && google.body(Kind::Resource, only_beta).is_none()
    );
    assert!(known_anywhere(Kind::Resource, only_beta, &[] as &[&str]));

    let in_google = stockade_schema::body(Kind::Resource, only_beta, &Interval::any());
    assert!(in_google.is_some_and(|body| Some(body) == beta.body(Kind::Resource, only_beta)));
    let bucket = stockade_schema::body(Kind::Resource, "aws_s3_bucket", &allowed("~> 5.0"));
    assert!(bucket.is_some_and(|body| {
        body.attribute("region")
            .is_none_or(|region| !region.optional)
    }));

    let removed = Provider::named("azurerm")
        .into_iter()
        .flat_map(Provider::schemas)
        .collect::<Vec<_>>();
    let [four, five] = removed.as_slice() else {
        panic!("two majors of azurerm")
    };
    let gone: Vec<_> = four
        .types(Kind::Resource)
        .into_iter()
        .filter(|ty| five.body(Kind::Resource, ty).is_none())
        .collect();
    assert!(
        !gone.is_empty()
            && gone
                .iter()
                .all(|ty| !five.types(Kind::Resource).contains(ty))
    );
}

#[test]
fn every_entry_is_found_by_its_name() {
    for schema in Provider::all().flat_map(Provider::schemas) {
        for ty in schema.types(Kind::Resource) {
            let body = schema
                .body(Kind::Resource, ty)
                .unwrap_or_else(|| panic!("{ty}"));
            assert!(
                body.attributes().all(|a| body.attribute(a.name) == Some(a)),
                "{ty}"
            );
            assert!(body.blocks().all(|b| body.block(b.name) == Some(b)), "{ty}");
        }
    }
}

#[test]
fn providers_of_types() {
    for (ty, provider) in [
        ("aws_s3_bucket", "aws"),
        ("google_compute_instance", "google"),
        ("random_id", "random"),
        ("odd", "odd"),
    ] {
        assert_eq!(provider_of(ty), provider);
    }
    let names: Vec<_> = Provider::all().map(Provider::name).collect();
    assert_eq!(
        names,
        [
            "aws",
            "azurerm",
            "google",
            "google-beta",
            "kubernetes",
            "random",
            "tls",
            "vault"
        ]
    );
    let keys = schema("aws", &Interval::any())
        .and_then(stockade_schema::Schema::provider_body)
        .expect("aws")
        .attribute("secret_key");
    assert!(keys.is_some_and(|key| key.sensitive));
}
