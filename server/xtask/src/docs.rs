//! `cargo xtask docs`: the rules as a static site. A page per rule, lists by provider, service and control, and an index
//! with search; no server, no network, links checked.

mod html;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stockade_engine::catalog;
use stockade_rules::page::Page;

use html::{Entry, escape};

/// Writes the rules as a static site.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder to write to; what is in it of an earlier site is overwritten.
    #[arg(long, default_value = "target/docs")]
    out: PathBuf,
}

/// The files of the site: paths from its root, and texts.
type Site = BTreeMap<String, String>;

#[expect(
    clippy::print_stdout,
    reason = "where the site is, is what one wants to know"
)]
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let site = site();
    let broken = broken_links(&site);
    if !broken.is_empty() {
        return Err(format!("links that lead nowhere:\n{}", broken.join("\n")));
    }
    for (path, text) in &site {
        write(&arguments.out.join(path), text)?;
    }
    println!(
        "{} pages, all links lead somewhere: {}",
        site.len(),
        arguments.out.join("index.html").display()
    );
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// A rule and where it stands.
struct Rule {
    page: Arc<Page>,
    provider: String,
    /// `s3`; the rules of no service stand by themselves.
    service: String,
}

fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = catalog::all()
        .map(|page| {
            let mut parts = page.path.split('/');
            let provider = parts.next().unwrap_or_default().to_owned();
            let service = parts.next().filter(|part| !part.ends_with(".md"));
            Rule {
                page: page.clone(),
                provider,
                service: service.unwrap_or("general").to_owned(),
            }
        })
        .collect();
    rules.sort_by(|a, b| {
        let key = |r: &Rule| (r.provider.clone(), r.service.clone());
        key(a)
            .cmp(&key(b))
            .then(b.page.severity.cmp(&a.page.severity))
            .then_with(|| a.page.id.cmp(&b.page.id))
    });
    rules
}

fn site() -> Site {
    let rules = rules();
    let mut site = Site::new();
    site.insert("style.css".into(), include_str!("docs/style.css").into());
    site.insert("search.js".into(), include_str!("docs/search.js").into());
    site.insert("index.html".into(), index(&rules));
    for rule in &rules {
        site.insert(format!("rules/{}.html", rule.page.id), rule_page(rule));
    }
    for (provider, own) in grouped(&rules, |r| r.provider.clone()) {
        site.insert(
            format!("providers/{provider}.html"),
            provider_page(&provider, &own),
        );
    }
    let standards = standards(&rules);
    for (standard, controls) in &standards {
        site.insert(
            format!("compliance/{standard}.html"),
            standard_page(standard, controls),
        );
    }
    site.insert("compliance/index.html".into(), standards_page(&standards));
    site
}

fn grouped<K: Ord>(rules: &[Rule], key: impl Fn(&Rule) -> K) -> BTreeMap<K, Vec<&Rule>> {
    let mut groups: BTreeMap<K, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        groups.entry(key(rule)).or_default().push(rule);
    }
    groups
}

fn entry(rule: &Rule, root: &str) -> String {
    Entry {
        href: format!("{root}rules/{}.html", rule.page.id),
        id: &rule.page.id,
        title: &rule.page.title,
        severity: rule.page.severity.name(),
        has_fix: rule.page.fix_safety().is_some(),
        provider: &rule.provider,
        words: &words(rule),
    }
    .html()
}

/// What search finds a rule by, beside its title and id.
fn words(rule: &Rule) -> String {
    let page = &rule.page;
    let of_rows = page.rows.iter().flat_map(|row| &row.same_as);
    let types: BTreeSet<String> = page.subjects().map(|(_, ty)| ty.to_string()).collect();
    // Subject sets stand for hundreds of types.
    let types = types.into_iter().take(20);
    let names = page.same_as.iter().chain(of_rows).map(ToString::to_string);
    let all: Vec<String> = names.chain(types).collect();
    format!(
        "{} {} {}",
        rule.service,
        page.category.as_str(),
        all.join(" ")
    )
}

fn index(rules: &[Rule]) -> String {
    let providers = grouped(rules, |r| r.provider.clone());
    let mut body = format!(
        "<h1>Stockade's rules</h1>\n<p>{} rules. Each is found while you type, says why, and most come with a fix that is proved.</p>\n",
        rules.len()
    );
    body.push_str("<nav class=\"chips\">");
    for (provider, own) in &providers {
        body.push_str(&format!(
            "<a href=\"providers/{provider}.html\">{provider} <small>{}</small></a>",
            own.len()
        ));
    }
    body.push_str("<a href=\"compliance/index.html\">by control</a></nav>\n");
    body.push_str("<div class=\"search\"><label for=\"query\">Search</label><input id=\"query\" type=\"search\" placeholder=\"rule, resource type, CKV_AWS_19, …\" autocomplete=\"off\"><label for=\"severity\">Severity</label><select id=\"severity\"><option value=\"\">any</option><option>critical</option><option>high</option><option>medium</option><option>low</option><option>info</option></select><output id=\"count\"></output></div>\n<ul class=\"rules\" id=\"rules\">\n");
    for rule in rules {
        body.push_str(&entry(rule, ""));
    }
    body.push_str("</ul>\n<script src=\"search.js\"></script>\n");
    html::page("Rules", "", &body)
}

fn rule_page(rule: &Rule) -> String {
    let page = &rule.page;
    let mut facts: Vec<(&str, String)> = vec![
        (
            "severity",
            format!(
                "<span class=\"severity {0}\">{0}</span>",
                page.severity.name()
            ),
        ),
        ("category", escape(page.category.as_str())),
        (
            "provider",
            format!(
                "<a href=\"../providers/{0}.html\">{0}</a>, <a href=\"../providers/{0}.html#{1}\">{1}</a>",
                rule.provider, rule.service
            ),
        ),
        (
            "fix",
            match page.fix_safety() {
                Some(stockade_rules::fix::Safety::Safe) => {
                    "safe: applied by <code>--fix</code>".into()
                }
                Some(stockade_rules::fix::Safety::Review) => "after a look".into(),
                None => "none".into(),
            },
        ),
    ];
    if !page.same_as.is_empty() {
        let names: Vec<String> = page
            .same_as
            .iter()
            .map(|id| format!("<code>{}</code>", escape(id)))
            .collect();
        facts.push(("also called", names.join(" ")));
    }
    let controls = page.compliance.iter().map(|(standard, controls)| {
        let links: Vec<String> = controls
            .iter()
            .map(|c| {
                format!(
                    "<a href=\"../compliance/{standard}.html#{}\">{}</a>",
                    html::anchor(c),
                    escape(c)
                )
            })
            .collect();
        format!("{}: {}", escape(standard), links.join(", "))
    });
    let controls: Vec<String> = controls.collect();
    if !controls.is_empty() {
        facts.push(("controls", controls.join("<br>")));
    }
    if !page.supersedes.is_empty() {
        let links = page
            .supersedes
            .iter()
            .map(|id| format!("<a href=\"{id}.html\">{id}</a>"));
        facts.push(("shown instead of", links.collect::<Vec<_>>().join("<br>")));
    }
    let rows: String = facts
        .into_iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>"))
        .collect();
    let body = format!(
        "<p class=\"id\"><code>{0}</code></p>\n{1}\n<dl>{rows}</dl>\n<p class=\"how\">Accept a finding with <code># stockade:ignore {0} -- reason</code> above it; turn the rule off with <code>ignore = [\"{0}\"]</code> under <code>[rules]</code> in <code>stockade.toml</code>.</p>\n",
        page.id,
        html::markdown(&page.body)
    );
    html::page(&page.title, "../", &body)
}

fn provider_page(provider: &str, rules: &[&Rule]) -> String {
    let mut services: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        services.entry(&rule.service).or_default().push(rule);
    }
    let links: String = services
        .iter()
        .map(|(service, own)| {
            format!(
                "<a href=\"#{service}\">{service} <small>{}</small></a>",
                own.len()
            )
        })
        .collect();
    let mut body = format!("<h1>{provider}</h1>\n<nav class=\"chips\">{links}</nav>\n");
    for (service, own) in services {
        body.push_str(&format!(
            "<h2 id=\"{service}\">{service}</h2>\n<ul class=\"rules\">\n"
        ));
        own.iter()
            .for_each(|rule| body.push_str(&entry(rule, "../")));
        body.push_str("</ul>\n");
    }
    html::page(provider, "../", &body)
}

/// Standards, their controls in order, and the rules of each.
type Standards<'r> = BTreeMap<String, BTreeMap<Vec<Part>, (String, Vec<&'r Rule>)>>;

/// A part of the name of a control, so that 2.10 comes after 2.9.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

fn parts(control: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in control.split(|c: char| !c.is_alphanumeric()) {
        let digits = piece.parse();
        parts.push(digits.map_or_else(|_| Part::Word(piece.to_owned()), Part::Number));
    }
    parts
}

fn standards(rules: &[Rule]) -> Standards<'_> {
    let mut standards = Standards::new();
    for rule in rules {
        for (standard, controls) in &rule.page.compliance {
            for control in controls {
                let of_standard = standards.entry(standard.to_string()).or_default();
                let (_, own) = of_standard
                    .entry(parts(control))
                    .or_insert_with(|| (control.to_string(), Vec::new()));
                own.push(rule);
            }
        }
    }
    standards
}

fn standard_page(standard: &str, controls: &BTreeMap<Vec<Part>, (String, Vec<&Rule>)>) -> String {
    let mut body = format!("<h1>{}</h1>\n", escape(standard));
    for (control, rules) in controls.values() {
        body.push_str(&format!(
            "<h2 id=\"{}\">{}</h2>\n<ul class=\"rules\">\n",
            html::anchor(control),
            escape(control)
        ));
        rules
            .iter()
            .for_each(|rule| body.push_str(&entry(rule, "../")));
        body.push_str("</ul>\n");
    }
    html::page(standard, "../", &body)
}

fn standards_page(standards: &Standards<'_>) -> String {
    let mut body = "<h1>By control</h1>\n<ul>\n".to_owned();
    for (standard, controls) in standards {
        body.push_str(&format!(
            "<li><a href=\"{standard}.html\">{}</a> <small>{} controls</small></li>\n",
            escape(standard),
            controls.len()
        ));
    }
    body.push_str("</ul>\n");
    html::page("By control", "../", &body)
}

/// Links to files or places of the site that are not there.
fn broken_links(site: &Site) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with(".html")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in html::links(text) {
            if link.contains("://") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                joined(folder, file)
            };
            let is_there = site
                .get(&target)
                .is_some_and(|text| place.is_empty() || text.contains(&format!("id=\"{place}\"")));
            if !is_there {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    broken
}

fn joined(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_of_the_site_leads_somewhere() {
        let site = site();
        assert_eq!(broken_links(&site), Vec::<String>::new());
        let rules = catalog::all().count();
        assert!(site.len() > rules, "a page for each of {rules} rules");
        let mut with_a_broken_one = site;
        with_a_broken_one.insert("x.html".into(), "<a href=\"rules/none.html\">".into());
        assert_eq!(
            broken_links(&with_a_broken_one),
            ["x.html: rules/none.html"]
        );
    }

    #[test]
    fn controls_are_in_order() {
        let mut controls = ["2.10", "2.9", "10.1", "S3.8", "S3.13"];
        controls.sort_by_key(|c| parts(c));
        assert_eq!(controls, ["2.9", "2.10", "10.1", "S3.8", "S3.13"]);
    }
}
