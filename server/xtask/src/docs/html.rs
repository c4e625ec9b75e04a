//! The pages of the site as HTML.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A rule in a list.
pub(super) struct Entry<'e> {
    pub(super) href: String,
    pub(super) id: &'e str,
    pub(super) title: &'e str,
    pub(super) severity: &'e str,
    pub(super) has_fix: bool,
    pub(super) provider: &'e str,
    pub(super) words: &'e str,
}

impl Entry<'_> {
    pub(super) fn html(&self) -> String {
        let fix = if self.has_fix {
            " <span class=\"fix\">fix</span>"
        } else {
            ""
        };
        format!(
            "<li data-severity=\"{0}\" data-words=\"{1}\"><span class=\"severity {0}\">{0}</span> <a href=\"{2}\">{3}</a>{fix} <code>{4}</code> <small>{5}</small></li>\n",
            self.severity,
            escape(&self.words.to_lowercase()),
            self.href,
            escape(self.title),
            self.id,
            self.provider
        )
    }
}

/// A whole page; `root` leads from it to the root of the site.
pub(super) fn page(title: &str, root: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} · Stockade</title>\n<link rel=\"stylesheet\" href=\"{root}style.css\">\n</head>\n<body>\n<header><a href=\"{root}index.html\">Stockade</a> <a href=\"{root}compliance/index.html\">Controls</a></header>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// A rule page's Markdown. Code says of which language it is, and what a heading is called can be linked to.
pub(super) fn markdown(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    let mut out = String::new();
    let events = events.map(|event| match event {
        // `hcl rule`, `hcl file="x.tf"`: the language is the first word.
        Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Fenced(info))) => {
            let what = info.split_once(' ').map_or("", |(_, what)| what);
            let class = if what == "rule" { "rule" } else { "example" };
            Event::Html(format!("<pre class=\"{class}\"><code>").into())
        }
        Event::End(TagEnd::CodeBlock) => Event::Html("</code></pre>\n".into()),
        other => other,
    });
    pulldown_cmark::html::push_html(&mut out, events);
    out
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The name of a place on a page.
pub(super) fn anchor(text: &str) -> String {
    let part = |c: char| {
        if c.is_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    text.chars().map(part).collect()
}

/// Where the links of a page lead.
pub(super) fn links(text: &str) -> Vec<String> {
    let targets = ["href=\"", "src=\""].into_iter().flat_map(|attribute| {
        let after = text.split(attribute).skip(1);
        after.filter_map(|rest| rest.split('"').next())
    });
    targets.map(str::to_owned).collect()
}
