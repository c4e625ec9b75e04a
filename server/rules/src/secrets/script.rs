//! Secrets in the text of scripts, settings and connection strings: `PASSWORD=…`, `"token": "…"`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::name::{self, Promise};
use super::plain;

/// A name and what is assigned to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assigned<'t> {
    pub(super) name: &'t str,
    pub(super) value: Range<usize>,
}

/// Longer values are documents. The expressions state no lengths: repetitions of a class make large automata.
const LONGEST: usize = 200;

/// Words without which there is nothing to find.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)pass|pwd|secret|token|key|credential").expect("a regular expression")
});

static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    const PATTERN: &str = concat!(
        r#"(?i)(?:^|[\s"'`{,;&?(-])"#,
        r#"((?-u:[A-Z0-9_.-])*(?:password|passwd|passphrase|pass|pwd|secret|token|key|credentials?))"#,
        r#"["']?[ \t]*(?:(:=|[=:])|[ \t])[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'`,;<>|&(){}\[\]]+))"#
    );
    Regex::new(PATTERN).expect("a regular expression")
});

/// What is assigned to names that may hold secrets.
pub(super) fn find(text: &str) -> Vec<Assigned<'_>> {
    if text.len() < 12 || !WORDS.is_match(text) {
        return Vec::new();
    }
    let assigned = |captures: regex::Captures<'_>| {
        let name = captures.get(1)?.range();
        let value = (3..=5).find_map(|n| captures.get(n))?.range();
        let is_bare = captures.get(5).is_some();
        // A call, or a look into something, of a program.
        let is_code = is_bare && text[value.end..].starts_with(['(', '[']);
        let shortest = if is_bare { 6 } else { 4 };
        // `--password hunter2`, but `APPLY PASSWORD POLICY`.
        let is_prose =
            captures.get(2).is_none() && text[value.clone()].chars().all(char::is_alphabetic);
        let is_one = (shortest..=LONGEST).contains(&value.len()) && !is_code && !is_prose;
        is_one.then_some((name, value))
    };
    let all = ASSIGNED.captures_iter(text).filter_map(assigned);
    all.map(|(name, value)| Assigned {
        name: &text[name],
        value,
    })
    .collect()
}

/// Whether what is assigned to a name in a text is a secret. Prose looks like an assignment now and then, so
/// that a word alone is none.
pub(super) fn is_secret(value: &str, of: &str) -> bool {
    if value.starts_with(['$', '@', '-']) || value.contains("$(") || value.contains("://") {
        return false;
    }
    match name::promise(of) {
        Some(Promise::Password) => {
            let is_word = value
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '-' || c == '_' || c == '.');
            !is_word && plain::keeps(Promise::Password, value, of)
        }
        Some(Promise::Key) => plain::keeps(Promise::Key, value, of),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Vec<&str> {
        let all = find(text);
        let all = all
            .into_iter()
            .filter(|a| is_secret(&text[a.value.clone()], a.name));
        all.map(|a| &text[a.value]).collect()
    }

    #[test]
    fn assignments_in_scripts() {
        let cases: [(&str, &[&str]); 16] = [
            ("APPLY PASSWORD POLICY", &[]),
            ("mysql --password s3cr3tword -u root", &["s3cr3tword"]),
            ("export DB_PASSWORD=hunter22\n", &["hunter22"]),
            ("export DB_PASSWORD='hunter22'", &["hunter22"]),
            (
                "{\"username\": \"app\", \"password\": \"Tr0ub4dor\"}",
                &["Tr0ub4dor"],
            ),
            ("mysql --password=s3cr3t-word -u root", &["s3cr3t-word"]),
            ("Server=db;User Id=sa;Password=Pa55w0rd!;", &["Pa55w0rd!"]),
            (
                "api_key: q8Zr2LxT0bWc7NyVdE5gKj1u",
                &["q8Zr2LxT0bWc7NyVdE5gKj1u"],
            ),
            ("export DB_PASSWORD=$(aws ssm get-parameter)", &[]),
            ("DB_PASSWORD=$PASSWORD", &[]),
            ("the password: must be long", &[]),
            ("password_file=/run/secrets/db1", &[]),
            ("secretName: my-secret-1", &[]),
            ("token: ${var.token}", &[]),
            ("const access_token = googleUser.getAuthResponse(true)", &[]),
            ("api_key = os.environ[\"API_KEY_2\"]", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(secrets(text), expected, "{text}");
        }
    }
}
