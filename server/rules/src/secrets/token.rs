//! The forms of tokens: rows of a page as patterns, found in one pass over a text.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use regex::Regex;
use smol_str::SmolStr;
use stockade_syntax::ast::{Expr, ExprKind};

use super::checksum::Checksum;
use super::{name, plain};
use crate::check::Row;
use crate::page::Page;

/// The forms that the pages of a catalog know.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    forms: Vec<Form>,
    /// What a text must hold, and whose it is.
    anchors: Option<AhoCorasick>,
    of_anchor: Vec<(usize, SmolStr)>,
    /// Those that are told by the name of what holds them.
    named: Vec<usize>,
}

/// A row of a page.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) page: Arc<Page>,
    pub(super) row: usize,
    pub(super) title: SmolStr,
    how: How,
    source: String,
    pattern: OnceLock<Option<Regex>>,
    pub(super) checksum: Option<Checksum>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    /// It begins with an anchor.
    Starts,
    /// It has an anchor somewhere, among so many bytes at most.
    Holds,
    /// All of a value of such a name.
    Named(Vec<SmolStr>),
    /// `scheme://user:password@host`
    Url,
    /// Base64 of `user:password`.
    Basic,
    /// What follows looks random.
    Random,
}

/// A token in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// The index of the form.
    pub(super) form: usize,
    pub(super) range: Range<usize>,
    /// It has a checksum, and that is wrong.
    pub(super) is_doubtful: bool,
}

/// No pattern that holds its anchor reaches further on either side.
const REACH: usize = 160;

/// No token is longer; what a text costs is bounded by it.
const LONGEST: usize = 4096;

impl Tokens {
    /// The forms of pages whose code is `secret-token`.
    ///
    /// # Errors
    /// A row that can't be used, and why.
    pub(super) fn of<'p>(pages: impl Iterator<Item = &'p Arc<Page>>) -> Result<Tokens, String> {
        let mut forms = Vec::new();
        let mut of_anchor: Vec<(usize, SmolStr)> = Vec::new();
        let mut named = Vec::new();
        for page in pages {
            for (n, row) in page.rows.iter().enumerate() {
                let (form, anchors) = Form::of(page, n, row)
                    .map_err(|why| format!("row \"{}\" of {}: {why}", row.name, page.id))?;
                if matches!(form.how, How::Named(_)) {
                    named.push(forms.len());
                }
                of_anchor.extend(anchors.into_iter().map(|anchor| (forms.len(), anchor)));
                forms.push(form);
            }
        }
        let anchors = AhoCorasick::new(of_anchor.iter().map(|(_, anchor)| anchor.as_bytes()));
        Ok(Tokens {
            forms,
            anchors: Some(anchors.map_err(|error| error.to_string())?),
            of_anchor,
            named,
        })
    }

    pub(super) fn form(&self, hit: &Hit) -> &Form {
        &self.forms[hit.form]
    }

    /// All patterns, made now.
    pub(super) fn check(&self) -> Result<(), String> {
        let broken = self.forms.iter().find(|form| form.regex().is_none());
        broken.map_or(Ok(()), |form| {
            Err(format!(
                "{}: no regular expression: {}",
                form.title, form.source
            ))
        })
    }

    /// The tokens in a text, those of the first forms before others at the same place.
    pub(super) fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        let anchors = self.anchors.iter();
        // Where the last match of each form ended: nothing begins within it.
        let mut ends = vec![0; self.forms.len()];
        for anchor in anchors.flat_map(|anchors| anchors.find_overlapping_iter(text)) {
            let (form, _) = self.of_anchor[anchor.pattern().as_usize()];
            if anchor.start() < ends[form] {
                continue;
            }
            let Some(range) = self.forms[form].at(text, anchor.start()..anchor.end()) else {
                continue;
            };
            ends[form] = range.end;
            hits.extend(self.judged(text, form, range));
        }
        hits.sort_by_key(|hit| (hit.form, hit.range.start));
        keep_first(hits);
    }

    /// The token that a value of a name is as a whole.
    pub(super) fn find_named(&self, value: &str, of: &str) -> Option<Hit> {
        let words = name::words(of).join("_");
        let is_of = |names: &[SmolStr]| {
            let ends = |name: &SmolStr| {
                let rest = words.strip_suffix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
            };
            names.iter().any(ends)
        };
        self.named.iter().find_map(|form| {
            let How::Named(names) = &self.forms[*form].how else {
                return None;
            };
            let regex = self.forms[*form].regex().filter(|_| is_of(names))?;
            let range = regex.find(value)?.range();
            self.judged(value, *form, range)
        })
    }

    fn judged(&self, text: &str, form: usize, range: Range<usize>) -> Option<Hit> {
        let found = text.get(range.clone())?;
        let form_of = &self.forms[form];
        let is_doubtful = match &form_of.checksum {
            Some(checksum) => !checksum.holds(found),
            None => false,
        };
        let likely = match form_of.how {
            How::Url | How::Basic => true,
            _ if found.contains("PRIVATE KEY") || found.starts_with("PuTTY") => {
                let more = text.get(range.start..).unwrap_or_default();
                let more: String = more.chars().skip(20).take(120).collect();
                !more.contains("...") && !more.to_ascii_lowercase().contains("example")
            }
            How::Random => plain::looks_random(found.rsplit(' ').next().unwrap_or_default()),
            _ => plain::entropy(found) >= 2.6 && !plain::is_placeholder(found),
        };
        likely.then_some(Hit {
            form,
            range,
            is_doubtful,
        })
    }
}

/// Leaves out what overlaps with an earlier one.
fn keep_first(hits: &mut Vec<Hit>) {
    let mut kept: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in hits.drain(..) {
        // Those that are kept don't overlap: the last one that begins before its end is the only one that can.
        let before = kept.range(..hit.range.end).next_back();
        if before.is_none_or(|(_, other)| other.range.end <= hit.range.start) {
            kept.insert(hit.range.start, hit);
        }
    }
    hits.extend(kept.into_values());
}

impl Form {
    fn of(page: &Arc<Page>, n: usize, row: &Row) -> Result<(Form, Vec<SmolStr>), String> {
        let value = |name: &str| row.values.iter().find(|(n, _)| n == name).map(|(_, e)| e);
        let text = |name: &str| value(name).and_then(Expr::literal_string);
        let known = [
            "title", "starts", "then", "holds", "pattern", "names", "form", "checksum",
        ];
        if let Some((name, _)) = row
            .values
            .iter()
            .find(|(n, _)| !known.contains(&n.as_str()))
        {
            return Err(format!("`{name}` is none of {}", known.join(", ")));
        }
        let title = text("title").ok_or("it needs a `title`")?;
        let (starts, holds, names) = (value("starts"), value("holds"), value("names"));
        let (how, anchors) = match (text("form").as_deref(), starts, holds, names) {
            (Some("url"), _, Some(holds), _) => (How::Url, strings(holds)),
            (Some("basic"), Some(starts), ..) => (How::Basic, strings(starts)),
            (Some("random"), Some(starts), ..) => (How::Random, strings(starts)),
            (None, Some(starts), None, None) => (How::Starts, strings(starts)),
            (None, None, Some(holds), None) => (How::Holds, strings(holds)),
            (None, None, None, Some(names)) => (How::Named(strings(names)), Vec::new()),
            _ => return Err("it needs one of `starts`, `holds`, `names`".to_owned()),
        };
        let pattern = text(match how {
            How::Starts | How::Basic | How::Random => "then",
            _ => "pattern",
        });
        let source = match (&how, pattern) {
            (How::Url, _) => URL.to_owned(),
            (_, None) => return Err("it needs `then` with `starts`, else `pattern`".to_owned()),
            (How::Holds, Some(pattern)) => pattern.to_string(),
            (How::Named(_), Some(pattern)) => format!("^(?:{pattern})$"),
            (_, Some(pattern)) => {
                let all: Vec<String> = anchors.iter().map(|a| regex::escape(a)).collect();
                format!("^(?:{})(?:{pattern})", all.join("|"))
            }
        };
        let checksum = match text("checksum") {
            Some(name) => Some(Checksum::named(&name).ok_or("`checksum` is crc32 or bech32")?),
            None => None,
        };
        let form = Form {
            page: page.clone(),
            row: n,
            title,
            how,
            source,
            pattern: OnceLock::new(),
            checksum,
        };
        Ok((form, anchors))
    }

    /// The row that it is.
    pub(super) fn row(&self) -> &Row {
        &self.page.rows[self.row]
    }

    /// What a token is called that is a part of what goes by a name.
    pub(super) fn name_in(&self, name: &str) -> SmolStr {
        match self.how {
            How::Url => format!("{name}_password").into(),
            _ => self.row().name.clone(),
        }
    }

    fn regex(&self) -> Option<&Regex> {
        let made = self.pattern.get_or_init(|| Regex::new(&self.source).ok());
        made.as_ref()
    }

    /// The token at an anchor.
    fn at(&self, text: &str, anchor: Range<usize>) -> Option<Range<usize>> {
        let regex = self.regex()?;
        let window = &text[anchor.start..floor(text, anchor.start + LONGEST)];
        match self.how {
            How::Starts | How::Random => {
                if goes_on_before(text, anchor.start) {
                    return None;
                }
                let found = regex.find(window)?;
                let range = anchor.start..anchor.start + found.end();
                is_apart(text, &range).then_some(range)
            }
            How::Holds => {
                let start = floor(text, anchor.start.saturating_sub(REACH));
                let window = &text[start..floor(text, anchor.end + REACH)];
                let mut all = regex
                    .find_iter(window)
                    .map(|m| m.start() + start..m.end() + start);
                let range = all.find(|m| m.start <= anchor.start && anchor.end <= m.end)?;
                is_apart(text, &range).then_some(range)
            }
            How::Basic => {
                let found = regex.find(window)?;
                let range = anchor.start..anchor.start + found.end();
                let encoded = &text[anchor.end..range.end];
                let decoded = stockade_eval::decode_base64(encoded)?;
                let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
                let is_one =
                    !user.is_empty() && password.len() >= 4 && !plain::is_placeholder(password);
                is_one.then_some(range)
            }
            How::Url => url(regex, window, anchor.start),
            How::Named(_) => None,
        }
    }
}

/// Of the anchor `://`: user, password, host.
const URL: &str = "^://([^\\s:/@?#\"'<>]*):([^\\s/@\"'<>]{3,})@([A-Za-z0-9.\\[\\]:-]+|\\x{1a})";

/// The password in a URL.
fn url(regex: &Regex, window: &str, at: usize) -> Option<Range<usize>> {
    let found = regex.captures(window)?;
    let (user, password, host) = (found.get(1)?, found.get(2)?, found.get(3)?);
    let word = password.as_str();
    let lower = word.to_ascii_lowercase();
    let is_local = |h: &str| {
        let name = h.split(':').next().unwrap_or_default();
        matches!(name, "localhost" | "127" | "0" | "example" | "host")
            || ["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal"].contains(&name)
            || name.ends_with("example.com")
            || name.ends_with("example.org")
            || name.ends_with(".example")
    };
    let is_word = matches!(
        lower.as_str(),
        "password"
            | "pass"
            | "pwd"
            | "passwd"
            | "secret"
            | "token"
            | "user"
            | "username"
            | "apikey"
            | "x-oauth-basic"
    );
    let is_real = !is_word
        && lower != user.as_str().to_ascii_lowercase()
        && !word.contains(['$', super::walk::HOLE, '{', '%', '*'])
        && !plain::is_placeholder(word)
        && !is_local(host.as_str());
    is_real.then(|| at + password.start()..at + password.end())
}

/// Whether no letter or digit goes on before or behind it.
fn is_apart(text: &str, range: &Range<usize>) -> bool {
    let last = text[range.clone()].chars().next_back();
    let after = text[range.end..].chars().next();
    !goes_on_before(text, range.start) && !(last.is_some_and(goes_on) && after.is_some_and(goes_on))
}

/// Whether what begins at a place is a part of a word that began before it.
fn goes_on_before(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let first = text[at..].chars().next();
    // `\n` in a string of a script ends a word.
    let is_escape = text[..at].ends_with("\\n");
    !is_escape && first.is_some_and(goes_on) && before.is_some_and(goes_on)
}

fn goes_on(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A string, or a list of them.
fn strings(expr: &Expr) -> Vec<SmolStr> {
    match &expr.kind {
        ExprKind::Tuple(items) => items.iter().filter_map(Expr::literal_string).collect(),
        _ => expr.literal_string().into_iter().collect(),
    }
}
