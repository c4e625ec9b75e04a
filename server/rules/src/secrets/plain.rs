//! Whether a text can be a secret: not a placeholder, a reference, an identifier or a word.

use super::name::{Promise, promise, words};

/// Whether a text stands for what is to be put in, or is the one that documentation shows.
pub(crate) fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 38] = [
        "example",
        "changeme",
        "changeit",
        "change_me",
        "change-me",
        "replaceme",
        "replace_me",
        "replace-me",
        "replace_with",
        "placeholder",
        "dummy",
        "fake",
        "mock",
        "sample",
        "todo",
        "fixme",
        "xxxx",
        "****",
        "redacted",
        "insert",
        "your",
        "my-",
        "my_",
        "foobar",
        "foo-bar",
        "notreal",
        "not-a-real",
        "not_real",
        "ignored",
        "undefined",
        "unknown",
        "notused",
        "not-used",
        "unused",
        "override",
        "deadbeef",
        "lorem",
        "....",
    ];
    let lower = text.to_ascii_lowercase();
    let is_marked = ['<', '>', '{', '}', super::walk::HOLE]
        .iter()
        .any(|c| lower.contains(*c))
        || lower.starts_with('$')
        || lower.starts_with('%') && lower.ends_with('%')
        || lower.starts_with("__") && lower.ends_with("__")
        || lower.starts_with('[') && lower.ends_with(']');
    is_marked || WORDS.iter().any(|w| lower.contains(w)) || is_a_series(&lower)
}

/// Whether it is made of one or two characters, or of `abcdef` and `123456`.
fn is_a_series(text: &str) -> bool {
    let body = text.as_bytes();
    if body.len() < 4 {
        return false;
    }
    let mut distinct = body.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let steps = body.windows(2).filter(|w| {
        let step = i16::from(w[1]) - i16::from(w[0]);
        (0..=1).contains(&step) || w == b"90" || w == b"f0"
    });
    distinct.len() <= 2 || steps.count() * 10 >= (body.len() - 1) * 9
}

/// Whether it names something that is elsewhere: an ARN, a path, an address.
pub(super) fn is_reference(text: &str) -> bool {
    const BEGINNINGS: [&str; 27] = [
        "arn:",
        "projects/",
        "/",
        "./",
        "~/",
        "../",
        "alias/",
        "http://",
        "https://",
        "ssm:",
        "vault:",
        "vault/",
        "secretsmanager:",
        "op://",
        "ref+",
        "aws:",
        "gcp:",
        "azure:",
        "env:",
        "env.",
        "file:",
        "var.",
        "local.",
        "data.",
        "module.",
        "sm://",
        "secret/",
    ];
    let lower = text.to_ascii_lowercase();
    BEGINNINGS.iter().any(|b| lower.starts_with(b))
        || is_file(&lower)
        || is_uuid(&lower)
        || is_constant(text)
}

fn is_file(lower: &str) -> bool {
    const ENDS: [&str; 14] = [
        ".pem", ".key", ".txt", ".json", ".yaml", ".yml", ".crt", ".pub", ".env", ".com", ".net",
        ".org", ".io", ".local",
    ];
    ENDS.iter().any(|e| lower.ends_with(e))
}

fn is_uuid(lower: &str) -> bool {
    let groups: Vec<usize> = lower.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && lower.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// `DB_PASSWORD`: the name of something.
fn is_constant(text: &str) -> bool {
    text.contains('_')
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && promise(text).is_some()
}

/// Whether a text can be what a name promises.
pub(super) fn keeps(promise: Promise, text: &str, name: &str) -> bool {
    if text.len() > 4096
        || is_placeholder(text)
        || is_reference(text)
        || says_what_it_is(text, name)
    {
        return false;
    }
    match promise {
        Promise::Password => {
            text.chars().count() >= 4
                && !text.chars().any(char::is_whitespace)
                && !matches!(
                    &*text
                        .trim_matches(|c: char| !c.is_alphanumeric())
                        .to_ascii_lowercase(),
                    "true"
                        | "false"
                        | "null"
                        | "none"
                        | "string"
                        | "plain"
                        | "required"
                        | "optional"
                        | "always"
                        | "never"
                        | "enabled"
                        | "disabled"
                )
        }
        Promise::Key => looks_random(text),
    }
}

/// Whether the text is its own name, or another of what it is: `password = "db-password"`.
fn says_what_it_is(text: &str, name: &str) -> bool {
    let (text_words, name_words) = (words(text), words(name));
    if text_words == name_words {
        return true;
    }
    let has_separators = text.contains(['-', '_', '/', '.', ' ']);
    has_separators
        && text.chars().all(|c| !c.is_ascii_digit())
        && (promise(text).is_some() || text_words.iter().any(|w| w == "secret" || w == "password"))
}

/// Whether a machine made it: long, of many characters, and no words.
pub(super) fn looks_random(text: &str) -> bool {
    let is_clean = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "+/=_-.~!@#$%^&*:".contains(c));
    if text.len() < 12 || !is_clean || is_camel_case(text) {
        return false;
    }
    let run = text
        .split(['-', '_', '.', '/', ':'])
        .max_by_key(|part| part.len())
        .unwrap_or_default();
    let changes = run
        .as_bytes()
        .windows(2)
        .filter(|w| class(w[0]) != class(w[1]))
        .count();
    let is_hex = run.len() >= 24 && run.chars().all(|c| c.is_ascii_hexdigit());
    let enough = if is_hex { 2.8 } else { 3.0 };
    run.len() >= 10 && (is_hex || changes * 4 >= run.len().min(40)) && entropy(text) >= enough
}

/// `PreserveDigitalAsset`: in random letters, two capitals follow each other sooner or later.
fn is_camel_case(text: &str) -> bool {
    let is_capital = |c: &u8| c.is_ascii_uppercase();
    let mut pairs = text.as_bytes().windows(2);
    text.chars().all(|c| c.is_ascii_alphabetic()) && !pairs.any(|pair| pair.iter().all(is_capital))
}

fn class(c: u8) -> u8 {
    match c {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}

/// Shannon entropy in bits a character.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|b| counts[usize::from(b)] += 1);
    #[expect(clippy::cast_precision_loss, reason = "lengths of strings")]
    let total = text.len().max(1) as f64;
    let share = |n: &u32| f64::from(*n) / total;
    let counts = counts.iter().filter(|n| **n > 0);
    counts.map(|n| -share(n) * share(n).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        let placeholders = [
            "changeme",
            "<your-token>",
            "${var.x}",
            "$TOKEN",
            "AKIAIOSFODNN7EXAMPLE",
            "xxxxxxxxxxxx",
            "0000000000000000",
            "1234567890",
            "abcdefghijklmnop",
            "%PASSWORD%",
            "{{ secret }}",
            "ababab",
            "REPLACE_ME",
            "dummy-token-123",
        ];
        for text in placeholders {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["hunter2", "correct-horse-battery", "Tr0ub4dor&3", "s3cr3t!"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn what_keeps_a_promise() {
        let kept = [
            (Promise::Password, "hunter2", "password"),
            (Promise::Password, "postgres", "db_password"),
            (Promise::Password, "P@ssw0rd", "admin_password"),
            (Promise::Key, "q8Zr2LxT0bWc7NyVdE5gKj1u", "api_key"),
            (Promise::Key, "9f86d081884c7d659a2feaa0c55ad015", "token"),
            (Promise::Key, "qmZrPLxTybWcQNhVdEtgKjRu", "api_key"),
        ];
        let broken = [
            (Promise::Password, "password", "password"),
            (Promise::Password, "db-password", "password"),
            (Promise::Password, "DB_PASSWORD", "password"),
            (
                Promise::Password,
                "arn:aws:secretsmanager:eu-west-1:1:secret:x",
                "password",
            ),
            (Promise::Password, "", "password"),
            (Promise::Password, "the password of the user", "password"),
            (Promise::Key, "my-application-token-production", "token"),
            (Promise::Key, "github", "token"),
            (Promise::Key, "PreserveDigitalAssetIngest", "ingest_key"),
            (Promise::Password, "_none_", "password"),
            (
                Promise::Key,
                "projects/p/secrets/s/versions/latest",
                "secret",
            ),
            (
                Promise::Key,
                "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                "secret",
            ),
            (Promise::Key, "kubernetes.io/service-account-token", "token"),
        ];
        for (promise, text, name) in kept {
            assert!(keeps(promise, text, name), "{text}");
        }
        for (promise, text, name) in broken {
            assert!(!keeps(promise, text, name), "{text}");
        }
    }
}
