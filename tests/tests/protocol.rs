//! The protocol itself: life cycle, what is malformed, what comes too early or too late.

use serde_json::{Value, json};
use stockade_tests::{Server, client};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

const NOT_JSON: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const UNKNOWN_METHOD: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const NOT_INITIALIZED: i64 = -32002;

fn started() -> Server {
    Server::start(STOCKADE, &["lsp"])
}

fn initialized() -> Server {
    let mut server = started();
    server.initialize(client::plain(&[]));
    server
}

fn code(response: &Value) -> Option<i64> {
    response["error"]["code"].as_i64()
}

#[test]
fn the_exit_code_tells_whether_shutdown_was_asked_for() {
    assert_eq!(initialized().shut_down(), Some(0));

    let mut server = initialized();
    server.notify("exit", Value::Null);
    assert_eq!(server.exit_code(), Some(1));

    let mut server = started();
    server.notify("exit", Value::Null);
    assert_eq!(server.exit_code(), Some(1));
}

#[test]
fn the_server_ends_with_its_input() {
    let mut server = initialized();
    server.hang_up();
    assert_eq!(server.exit_code(), Some(1));

    let mut server = initialized();
    server.request("shutdown", Value::Null);
    server.hang_up();
    assert_eq!(server.exit_code(), Some(0));

    let mut server = started();
    server.send_bytes(b"Content-Length: 100\r\n\r\n{\"half\":");
    server.hang_up();
    assert_eq!(server.exit_code(), Some(1));
}

#[test]
fn requests_are_answered_as_the_life_cycle_says() {
    let mut server = started();
    assert_eq!(
        code(&server.request("textDocument/hover", json!({}))),
        Some(NOT_INITIALIZED)
    );
    assert_eq!(
        code(&server.request("shutdown", Value::Null)),
        Some(NOT_INITIALIZED)
    );
    assert_eq!(
        code(&server.request("initialize", json!({ "capabilities": 5 }))),
        Some(INVALID_PARAMS)
    );
    let answer = server.initialize(client::plain(&[]));
    assert_eq!(answer["result"]["serverInfo"]["name"], "stockade");
    assert_eq!(
        code(&server.request("initialize", client::plain(&[]))),
        Some(INVALID_REQUEST)
    );
    server.request("shutdown", Value::Null);
    assert_eq!(
        code(&server.request("textDocument/hover", json!({}))),
        Some(INVALID_REQUEST)
    );
    assert_eq!(
        code(&server.request("shutdown", Value::Null)),
        Some(INVALID_REQUEST)
    );
    server.notify("exit", Value::Null);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn the_server_lives_on_after_messages_that_are_wrong() {
    let mut server = initialized();
    assert_eq!(
        code(&server.request("textDocument/unheardOf", json!({}))),
        Some(UNKNOWN_METHOD)
    );
    assert_eq!(
        code(&server.request("textDocument/hover", json!({ "textDocument": 1 }))),
        Some(INVALID_PARAMS)
    );
    assert_eq!(
        code(&server.request("workspace/executeCommand", json!({ "command": "rm" }))),
        Some(INVALID_PARAMS)
    );
    assert_eq!(
        code(&server.request("codeAction/resolve", json!({ "title": "x" }))),
        Some(INVALID_PARAMS)
    );
    for arguments in [
        json!([]),
        json!([5]),
        json!([{ "uri": "http://host/a.tf" }]),
    ] {
        let params = json!({ "command": "stockade.applyFixes", "arguments": arguments });
        let response = server.request("workspace/executeCommand", params);
        assert_eq!(code(&response), Some(INVALID_PARAMS), "{arguments}");
    }
    assert_eq!(
        code(&server.request("stockade/rule", json!({ "id": 5 }))),
        Some(INVALID_PARAMS)
    );
    let nowhere = json!({
        "textDocument": { "uri": "file:///stockade-nowhere/main.tf" },
        "position": { "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 },
        "range": { "start": { "line": 9, "character": 9 }, "end": { "line": 0, "character": 0 } },
    });
    for method in ["completion", "codeLens", "inlayHint", "documentLink"] {
        let response = server.request(&format!("textDocument/{method}"), nowhere.clone());
        assert!(response.get("error").is_none(), "{method}: {response}");
    }
    server.notify("textDocument/didChange", json!({ "textDocument": {} }));
    server.notify("textDocument/unheardOf", json!({}));
    server.notify("$/unheardOf", json!({}));
    server.notify("$/cancelRequest", json!({ "id": 4711 }));

    let wrong: [(&str, i64); 4] = [
        ("Content-Length: 9\r\n\r\n{\"broken\"", NOT_JSON),
        ("Content-Length: 2\r\n\r\n[]", INVALID_REQUEST),
        (
            "Content-Length: seven\r\n\r\n{\"jsonrpc\":\"2.0\"}",
            NOT_JSON,
        ),
        ("Content-Type: text\r\n\r\n", NOT_JSON),
    ];
    for (at, (bytes, expected)) in wrong.into_iter().enumerate() {
        server.send_bytes(bytes.as_bytes());
        server.wait_until(|server| server.anonymous.len() > at);
        assert_eq!(code(&server.anonymous[at]), Some(expected), "{bytes}");
        server.settle();
    }
    assert_eq!(server.shut_down(), Some(0));
}

#[test]
fn a_request_that_is_cancelled_is_answered() {
    let mut server = initialized();
    let id = server.ask("stockade/settled", json!({}));
    server.notify("$/cancelRequest", json!({ "id": id }));
    let response = server.response(id);
    // It may have been done already.
    assert!(matches!(code(&response), None | Some(-32800)), "{response}");
    assert_eq!(server.shut_down(), Some(0));
}

#[test]
fn documents_of_other_schemes_are_left_alone() {
    let mut server = initialized();
    for uri in [
        "git:/srv/main.tf?ref",
        "vscode-notebook-cell:/a.tf#x",
        "http://host/main.tf",
    ] {
        let document =
            json!({ "uri": uri, "languageId": "terraform", "version": 1, "text": "resource" });
        server.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let place =
            json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 0 } });
        assert_eq!(
            server.request("textDocument/hover", place)["result"],
            Value::Null,
            "{uri}"
        );
    }
    server.settle();
    assert!(server.published.is_empty(), "{:?}", server.published);
    assert_eq!(server.shut_down(), Some(0));
}
