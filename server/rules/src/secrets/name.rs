//! Which names say that what they hold is a secret, and what is none all the same.

/// What a name promises of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// A word that somebody chose: any text may be one.
    Password,
    /// A key or token: made by a machine, so that it looks random.
    Key,
}

/// What follows the word that counts: `password_value`, `DB_PASSWORD_1`.
const TRAILING: [&str; 11] = [
    "value",
    "text",
    "string",
    "plain",
    "plaintext",
    "wo",
    "default",
    "base64",
    "b64",
    "encoded",
    "literal",
];

const PASSWORDS: [&str; 8] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "pass",
    "userpassword",
];

const KEYS: [&str; 10] = [
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "secretkey",
    "accesskey",
    "credential",
    "credentials",
    "authtoken",
];

/// Words before `key`, with which it is a secret.
const BEFORE_KEY: [&str; 20] = [
    "api",
    "access",
    "secret",
    "private",
    "auth",
    "account",
    "shared",
    "master",
    "encryption",
    "signing",
    "app",
    "application",
    "client",
    "service",
    "license",
    "storage",
    "webhook",
    "integration",
    "ingest",
    "deploy",
];

/// Words before it that make it none: `public_token`, `kms_secret_key`.
const NOT: [&str; 17] = [
    "public",
    "no",
    "has",
    "use",
    "is",
    "enable",
    "disable",
    "require",
    "required",
    "allow",
    "force",
    "ignore",
    "manage",
    "csrf",
    "next",
    "page",
    "continuation",
];

/// What a name says of its value. `DB_PASSWORD`, `dbPassword`, `/prod/db/password`.
pub(super) fn promise(name: &str) -> Option<Promise> {
    let mut words = words(name);
    while words
        .last()
        .is_some_and(|w| TRAILING.contains(&w.as_str()) || w.chars().all(|c| c.is_ascii_digit()))
        && words.len() > 1
    {
        words.pop();
    }
    let (last, before) = words.split_last()?;
    if before.iter().any(|w| NOT.contains(&w.as_str())) {
        return None;
    }
    if PASSWORDS.contains(&last.as_str()) {
        return Some(Promise::Password);
    }
    let is_key = KEYS.contains(&last.as_str())
        || last == "key"
            && before
                .last()
                .is_some_and(|w| BEFORE_KEY.contains(&w.as_str()));
    is_key.then_some(Promise::Key)
}

/// The words of a name in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        let is_new = c.is_ascii_uppercase() && was_lower;
        if (is_new || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether an argument holds prose or a pattern: names in it say nothing.
pub(super) fn is_prose(argument: &str) -> bool {
    const PROSE: [&str; 14] = [
        "description",
        "comment",
        "comments",
        "title",
        "summary",
        "message",
        "error_message",
        "condition",
        "pattern",
        "regex",
        "documentation",
        "notes",
        "display_name",
        "query",
    ];
    PROSE.contains(&argument)
}

/// Whether a sensitive argument holds more than a secret: a script, a document, a name.
pub(super) fn is_more(argument: &str) -> bool {
    const NAMES: [&str; 4] = ["username", "user", "login", "email"];
    const MORE: [&str; 16] = [
        "custom_data",
        "user_data",
        "user_data_base64",
        "content",
        "content_base64",
        "body",
        "sensitive_body",
        "yaml_body",
        "definition",
        "environment",
        "values",
        "inputs",
        "input",
        "certificate",
        "certificate_body",
        "certificate_chain",
    ];
    let words = words(argument);
    let is_name = words
        .last()
        .is_some_and(|last| NAMES.contains(&last.as_str()));
    is_name || MORE.contains(&argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_users_are_more() {
        for name in ["username", "admin_username", "administrator_login"] {
            assert!(is_more(name), "{name}");
        }
        assert!(!is_more("admin_password"));
    }

    #[test]
    fn what_names_promise() {
        let passwords = [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "/prod/db/password",
            "master_password_value",
            "auth.password",
            "admin_password_1",
            "PGPASSWORD_PWD",
            "DB_PASS",
            "passphrase",
        ];
        let keys = [
            "client_secret",
            "api_key",
            "apiKey",
            "GITHUB_TOKEN",
            "secret_key",
            "private-key",
            "auth_tokens",
            "storage_account_key",
            "credentials",
        ];
        let neither = [
            "password_policy",
            "secret_name",
            "token_url",
            "kms_key",
            "kms_key_id",
            "public_key",
            "ssh_key",
            "primary_key",
            "use_password",
            "manage_master_user_password",
            "password_length",
            "compass",
            "secret_arn",
            "next_token",
            "key",
            "",
            "tokenizer",
        ];
        for name in passwords {
            assert_eq!(promise(name), Some(Promise::Password), "{name}");
        }
        for name in keys {
            assert_eq!(promise(name), Some(Promise::Key), "{name}");
        }
        for name in neither {
            assert_eq!(promise(name), None, "{name}");
        }
    }
}
