//! A session whose bytes are damaged on their way: the server ends with them, what it says stays readable, and what came whole is answered.

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use stockade_lsp::{Ending, serve};
use stockade_tests::client;

const KEY: &str = "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = false\n}\n";
const URI: &str = "file:///nowhere/main.tf";

/// A session from `initialize` to `exit`. Requests have their place as `id`.
fn session() -> Vec<Value> {
    let document = json!({ "uri": URI });
    let at = json!({ "line": 1, "character": 4 });
    let here = json!({ "start": at, "end": at });
    let place = json!({ "textDocument": document, "position": at });
    let opened = json!({ "uri": URI, "languageId": "terraform", "version": 1, "text": KEY });
    let changes = json!([{ "range": here, "text": "# ü\n" }]);
    let changed = json!({ "uri": URI, "version": 2 });
    let actions =
        json!({ "textDocument": document, "range": here, "context": { "diagnostics": [] } });
    let messages: [(&str, bool, Value); 10] = [
        ("initialize", true, client::able("utf-16", &[])),
        ("initialized", false, json!({})),
        (
            "textDocument/didOpen",
            false,
            json!({ "textDocument": opened }),
        ),
        ("textDocument/hover", true, place.clone()),
        ("textDocument/codeAction", true, actions),
        (
            "textDocument/didChange",
            false,
            json!({ "textDocument": changed, "contentChanges": changes }),
        ),
        ("textDocument/completion", true, place),
        ("stockade/settled", true, json!({})),
        ("shutdown", true, Value::Null),
        ("exit", false, Value::Null),
    ];
    let numbered = messages.into_iter().enumerate();
    let message = numbered.map(|(n, (method, is_request, params))| {
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        if is_request {
            message["id"] = json!(n);
        }
        if !params.is_null() {
            message["params"] = params;
        }
        message
    });
    message.collect()
}

fn framed(body: &[u8]) -> Vec<u8> {
    let header = format!("Content-Length: {}\r\n\r\n", body.len());
    [header.as_bytes(), body].concat()
}

/// Where the server writes to.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the server says to these bytes, and how it ends.
fn served(bytes: Vec<u8>) -> (Ending, Vec<Value>) {
    let written = Written::default();
    let ending = serve(Cursor::new(bytes), written.clone()).expect("the server starts");
    let written = written.0.lock().expect("no panic");
    let mut rest = std::str::from_utf8(&written).expect("UTF-8");
    let mut said = Vec::new();
    while let Some((header, after)) = rest.split_once("\r\n\r\n") {
        let length = header.strip_prefix("Content-Length: ");
        let length = length.and_then(|n| n.parse().ok()).expect("a length");
        let (body, after) = after.split_at(length);
        said.push(serde_json::from_str(body).expect("a whole message"));
        rest = after;
    }
    assert_eq!(rest, "", "an unfinished message");
    (ending, said)
}

/// How often a request was answered.
fn answers(said: &[Value], id: usize) -> usize {
    let is_answer = |m: &&Value| m.get("method").is_none() && m["id"] == json!(id);
    said.iter().filter(is_answer).count()
}

/// One damage to a text of bytes. Places are taken modulo its length.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let within = |n: usize| n % (bytes.len() + 1);
        let range =
            |from: usize, count: usize| within(from)..(within(from) + count).min(bytes.len());
        match self {
            Damage::Flip(at, with) => {
                let at = within(*at);
                bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= with);
            }
            Damage::Cut(from, count) => drop(bytes.drain(range(*from, *count))),
            Damage::Insert(at, new) => {
                let at = within(*at);
                bytes.splice(at..at, new.iter().copied());
            }
            Damage::Repeat(from, count) => {
                let range = range(*from, *count);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.end..range.end, again);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let noise = prop_oneof![
        vec(any::<u8>(), 1..20),
        prop::sample::select(vec![
            "\r\n",
            "\r\n\r\n",
            "Content-Length: ",
            "Content-Length: 7\r\n\r\n",
            "}",
            "\"id\":3,"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop_oneof![
        (any::<usize>(), 1..=255u8).prop_map(|(at, with)| Damage::Flip(at, with)),
        (any::<usize>(), 1..400usize).prop_map(|(from, count)| Damage::Cut(from, count)),
        (any::<usize>(), noise).prop_map(|(at, new)| Damage::Insert(at, new)),
        (any::<usize>(), 1..400usize).prop_map(|(from, count)| Damage::Repeat(from, count)),
    ]
}

#[test]
fn an_undamaged_session_is_answered_whole() {
    let bytes = session()
        .into_iter()
        .flat_map(|m| framed(m.to_string().as_bytes()));
    let (ending, said) = served(bytes.collect());
    assert_eq!(ending, Ending::Asked);
    for (id, message) in session().iter().enumerate() {
        assert_eq!(
            answers(&said, id),
            usize::from(message.get("id").is_some()),
            "{message}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_with_readable_words(damages in vec(damage(), 1..6)) {
        let session = session();
        let mut bytes: Vec<u8> = session.iter().flat_map(|m| framed(m.to_string().as_bytes())).collect();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        served(bytes);
    }

    #[test]
    fn a_damaged_message_costs_no_other_one(which in 1..8usize, damages in vec(damage(), 1..6)) {
        let session = session();
        let mut bytes = Vec::new();
        for (n, message) in session.iter().enumerate() {
            let mut body = message.to_string().into_bytes();
            if n == which {
                damages.iter().for_each(|damage| damage.apply(&mut body));
            }
            bytes.extend(framed(&body));
        }
        let (ending, said) = served(bytes);
        prop_assert_eq!(ending, Ending::Asked);
        for (id, message) in session.iter().enumerate().filter(|(id, m)| *id != which && m.get("id").is_some()) {
            prop_assert!(answers(&said, id) >= 1, "{} has no answer in {:?}", message, said);
        }
    }
}
