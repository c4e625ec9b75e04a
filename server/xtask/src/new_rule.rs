//! `cargo xtask new-rule PROVIDER SERVICE SLUG`: a rule page to fill in.

use std::fs;
use std::path::{Path, PathBuf};

/// Begin a rule page: queries/rules/PROVIDER/SERVICE/SLUG.md.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// aws, azurerm, google, …
    provider: String,
    /// The provider's own name of the service: s3, rds, …
    service: String,
    /// Names the bad pattern: instance-without-storage-encryption.
    slug: String,
    /// The resource type that the rule is about.
    #[arg(long, default_value = "TYPE")]
    resource: String,
    /// The folder of the rule pages; queries/rules by default.
    #[arg(long)]
    out: Option<PathBuf>,
}

const PAGE: &str = include_str!("new_rule/page.md");

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let names = [&arguments.provider, &arguments.service, &arguments.slug];
    if let Some(name) = names.into_iter().find(|name| !is_kebab_case(name)) {
        return Err(format!(
            "`{name}`: rules are called in lower case letters, digits and single hyphens, such as instance-without-storage-encryption"
        ));
    }
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries/rules");
    let rules = arguments.out.clone().unwrap_or(committed);
    let folder = rules.join(&arguments.provider).join(&arguments.service);
    let path = folder.join(format!("{}.md", arguments.slug));
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.exists() {
        return Err(format!(
            "{}: there is such a page already; edit it, or choose another slug",
            path.display()
        ));
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    fs::write(&path, page(arguments)).map_err(failed)?;
    let shown = match &arguments.out {
        Some(_) => path.display().to_string(),
        None => format!(
            "queries/rules/{}/{}/{}.md",
            arguments.provider, arguments.service, arguments.slug
        ),
    };
    let slug = &arguments.slug;
    say(&format!(
        "{shown}\nNext: write it (docs/rule-pages.md), `cargo xtask fixed {slug}` for its Fixed section, and\n`PAGES={slug} cargo test -p stockade-tests --test pages` to try it"
    ));
    Ok(())
}

fn page(arguments: &Arguments) -> String {
    let Arguments {
        provider,
        service,
        slug,
        resource,
        ..
    } = arguments;
    let mut title = slug.replace('-', " ");
    title[..1].make_ascii_uppercase();
    PAGE.replace("{id}", &format!("{provider}-{service}-{slug}"))
        .replace("{since}", env!("CARGO_PKG_VERSION"))
        .replace("{title}", &title)
        .replace("{type}", resource)
}

fn is_kebab_case(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.split('-').all(is_word)
}

#[expect(clippy::print_stdout, reason = "a command line program answers there")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, is_good) in [
            ("s3", true),
            ("a-b-3", true),
            ("", false),
            ("A", false),
            ("a--b", false),
            ("a_b", false),
            ("-a", false),
            ("é", false),
        ] {
            assert_eq!(is_kebab_case(name), is_good, "{name:?}");
        }
    }

    #[test]
    fn a_page_has_no_gaps() {
        let text = |s: &str| s.to_owned();
        let arguments = Arguments {
            provider: text("aws"),
            service: text("s3"),
            slug: text("bucket-open"),
            resource: text("aws_s3_bucket"),
            out: None,
        };
        let page = page(&arguments);
        assert!(
            page.contains("id: aws-s3-bucket-open\n") && page.contains("# Bucket open\n"),
            "{page}"
        );
        assert!(
            !["{id}", "{since}", "{title}", "{type}"]
                .iter()
                .any(|gap| page.contains(gap)),
            "{page}"
        );
    }
}
