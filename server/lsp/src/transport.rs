//! Bytes in and out: two threads between blocking streams and the framework.
//!
//! The framework's decoder ends the connection at the first message that it can't read, so what reaches it has been
//! looked at here: a message that is no JSON-RPC is replaced by a [`MALFORMED`] notification, which the sequencer
//! answers with the error that the specification asks for. Output is never waited for, so that a client which writes
//! without reading can't block the server's input.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Request, Response};

/// The method that stands for a message which could not be read. Its parameters are a JSON-RPC error and the `id`.
pub(crate) const MALFORMED: &str = "stockade/malformed";

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;

/// A header line that is longer than this is not one.
const LONGEST_HEADER: u64 = 4096;

/// What the client sends, in messages that the framework can read.
#[derive(Debug)]
pub(crate) struct Input {
    frames: UnboundedReceiver<Vec<u8>>,
    frame: Vec<u8>,
    read: usize,
}

impl Input {
    /// Reads `stream` on a thread of its own until it ends. The second part yields `patience` after that: what is
    /// not done by then, nobody waits for.
    pub(crate) fn new(
        stream: impl Read + Send + 'static,
        patience: Duration,
    ) -> (Input, oneshot::Receiver<()>) {
        let (sender, frames) = unbounded_channel();
        let (give_up, given_up) = oneshot::channel();
        thread::spawn(move || {
            forward(BufReader::new(stream), sender);
            thread::sleep(patience);
            let _ = give_up.send(());
        });
        (
            Input {
                frames,
                frame: Vec::new(),
                read: 0,
            },
            given_up,
        )
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read == self.frame.len() {
            let Some(frame) = ready!(self.frames.poll_recv(cx)) else {
                return Poll::Ready(Ok(()));
            };
            self.frame = frame;
            self.read = 0;
        }
        let rest = &self.frame[self.read..];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.read += count;
        Poll::Ready(Ok(()))
    }
}

/// Forwards messages until the stream ends or nobody takes them any more.
fn forward(mut stream: impl BufRead, sender: UnboundedSender<Vec<u8>>) {
    while let Ok(Some(frame)) = next_frame(&mut stream) {
        if sender.send(frame).is_err() {
            return;
        }
    }
}

/// The next message, framed anew; `None` at the end of the stream.
fn next_frame(stream: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let body = match next_length(stream)? {
        None => return Ok(None),
        Some(Err(message)) => malformed(PARSE_ERROR, &message, &Value::Null),
        Some(Ok(length)) => {
            let mut body = Vec::new();
            if stream.take(length).read_to_end(&mut body)? as u64 != length {
                return Ok(None);
            }
            readable(body)
        }
    };
    Ok(Some(framed(&body)))
}

/// A message with its header (LSP 3.17, "Base Protocol").
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

/// Reads a header. The length of the body, or what is wrong with the header; `None` at the end of the stream.
///
/// The field's name is looked for anywhere in a line: after a broken header the rest of its body comes first.
fn next_length(stream: &mut impl BufRead) -> io::Result<Option<Result<u64, String>>> {
    const FIELD: &str = "content-length:";
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if stream.take(LONGEST_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).to_ascii_lowercase();
        if let Some(at) = line.rfind(FIELD) {
            let value = line[at + FIELD.len()..].trim();
            length = Some(
                value
                    .parse()
                    .map_err(|_| format!("the Content-Length {value:?} is not a number")),
            );
        } else if line.trim().is_empty() {
            let missing = || Err("a message's header has no Content-Length".to_owned());
            return Ok(Some(length.unwrap_or_else(missing)));
        }
    }
}

/// The message itself if the framework will be able to read it, else a [`MALFORMED`] one.
fn readable(body: Vec<u8>) -> Vec<u8> {
    let not_json =
        |error: &dyn Display| malformed(PARSE_ERROR, &format!("not JSON: {error}"), &Value::Null);
    // In what it passes over, `from_slice` takes anything for a string.
    let text = match str::from_utf8(&body) {
        Ok(text) => text,
        Err(error) => return not_json(&error),
    };
    if is::<Request>(text) || is::<Response>(text) {
        return body;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(message) => malformed(
            INVALID_REQUEST,
            "not a JSON-RPC 2.0 message",
            &message["id"],
        ),
        Err(error) => not_json(&error),
    }
}

fn is<'de, Message: Deserialize<'de>>(text: &'de str) -> bool {
    serde_json::from_str::<Message>(text).is_ok()
}

fn malformed(code: i64, message: &str, id: &Value) -> Vec<u8> {
    let params = json!({ "code": code, "message": message, "id": id });
    json!({ "jsonrpc": "2.0", "method": MALFORMED, "params": params })
        .to_string()
        .into_bytes()
}

/// Where messages for the client are written to. The framework flushes whole messages, so that others may be sent
/// between them.
#[derive(Clone, Debug)]
pub(crate) struct Output(mpsc::Sender<Vec<u8>>);

impl Output {
    /// Writes to `stream` on a thread of its own. The receiver yields when all has been written.
    pub(crate) fn new(mut stream: impl Write + Send + 'static) -> (Output, mpsc::Receiver<()>) {
        let (sender, chunks) = mpsc::channel::<Vec<u8>>();
        let (done, written) = mpsc::channel();
        thread::spawn(move || {
            for chunk in chunks {
                if stream
                    .write_all(&chunk)
                    .and_then(|()| stream.flush())
                    .is_err()
                {
                    break;
                }
            }
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
        (Output(sender), written)
    }

    /// Sends a whole message. `None` when nobody reads any more.
    pub(crate) fn send(&self, message: Vec<u8>) -> Option<()> {
        self.0.send(message).ok()
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.0.send(bytes.to_vec()) {
            Ok(()) => Poll::Ready(Ok(bytes.len())),
            Err(_) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages that reach the framework from `bytes`: their method or `response`, or the error and the id.
    fn messages(bytes: &[u8]) -> Vec<String> {
        let mut stream = BufReader::new(bytes);
        let mut messages = Vec::new();
        while let Ok(Some(frame)) = next_frame(&mut stream) {
            let text = String::from_utf8(frame).expect("UTF-8");
            let (_, body) = text.split_once("\r\n\r\n").expect("a header");
            let message: Value = serde_json::from_str(body).expect("JSON");
            messages.push(match message["method"].as_str() {
                Some(MALFORMED) => {
                    format!("{} {}", message["params"]["code"], message["params"]["id"])
                }
                Some(method) => method.to_owned(),
                None => "response".to_owned(),
            });
        }
        messages
    }

    fn framed(body: &str) -> String {
        String::from_utf8(super::framed(body.as_bytes())).expect("UTF-8")
    }

    #[test]
    fn what_is_wrong_does_not_end_the_connection() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"x"}"#);
        let check = |wrong: &[u8], expected: &[&str]| {
            let bytes = [good.as_bytes(), wrong, good.as_bytes()].concat();
            assert_eq!(
                messages(&bytes),
                expected,
                "{}",
                String::from_utf8_lossy(wrong)
            );
        };
        check(
            framed(r#"{"jsonrpc":"2.0","id":1,"result":null}"#).as_bytes(),
            &["x", "response", "x"],
        );
        check(
            framed(r#"{"jsonrpc":"2.0","method":"#).as_bytes(),
            &["x", "-32700 null", "x"],
        );
        check(framed("").as_bytes(), &["x", "-32700 null", "x"]);
        check(framed("[]").as_bytes(), &["x", "-32600 null", "x"]);
        check(
            framed(r#"{"jsonrpc":"2.0","id":7,"method":5}"#).as_bytes(),
            &["x", "-32600 7", "x"],
        );
        check(
            framed(r#"{"id":7,"method":"old"}"#).as_bytes(),
            &["x", "-32600 7", "x"],
        );
        check(
            b"Content-Length: 2\r\n\r\n\"\xff",
            &["x", "-32700 null", "x"],
        );
        check(
            b"Content-Length: 38\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"y\",\"z\":\"\xff\"}",
            &["x", "-32700 null", "x"],
        );
        check(
            b"Content-Length: 10 MB\r\n\r\n{\"jsonrpc\":\"2.0\"}",
            &["x", "-32700 null", "x"],
        );
        check(b"Content-Type: x\r\n\r\n", &["x", "-32700 null", "x"]);
        check(b"noise on the line\r\n", &["x", "x"]);
        let lower = good.replace("Content-Length", "Content-Type: y\r\ncontent-length");
        check(lower.as_bytes(), &["x", "x", "x"]);
    }

    #[test]
    fn an_unfinished_message_is_dropped() {
        assert_eq!(
            messages(b"Content-Length: 100\r\n\r\n{}"),
            Vec::<String>::new()
        );
    }
}
