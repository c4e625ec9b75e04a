//! A server process, and what it has said.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::place::Encoding;

/// A server that says nothing for so long hangs; no test waits for this.
const HANGS: Duration = Duration::from_secs(120);

/// A language server in a process of its own.
pub struct Server {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    requests: i64,
    responses: BTreeMap<i64, Value>,
    /// The newest `textDocument/publishDiagnostics` parameters of each URI.
    pub published: BTreeMap<String, Value>,
    /// How many publications there were of each URI.
    pub publications: BTreeMap<String, usize>,
    /// The `$/progress` parameters, in order.
    pub progress: Vec<Value>,
    /// The client answers nothing that the server asks.
    pub is_silent: bool,
    /// What the server asked of the client: method and parameters, in order.
    pub asked: Vec<(String, Value)>,
    /// Responses without an id that a client could know.
    pub anonymous: Vec<Value>,
    /// The encoding of positions, after [`Server::initialize`].
    pub encoding: Encoding,
}

impl Server {
    /// Starts a program.
    pub fn start<Argument: AsRef<OsStr>>(program: &str, arguments: &[Argument]) -> Server {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut process = command
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let input = process.stdin.take();
        let output = process.stdout.take().expect("the output is piped");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = next_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Server {
            process,
            input,
            messages,
            requests: 0,
            responses: BTreeMap::new(),
            published: BTreeMap::new(),
            publications: BTreeMap::new(),
            progress: Vec::new(),
            is_silent: false,
            asked: Vec::new(),
            anonymous: Vec::new(),
            encoding: Encoding::Utf16,
        }
    }

    /// Introduces a client and waits for the answer, which is returned.
    pub fn initialize(&mut self, params: Value) -> Value {
        let answer = self.request("initialize", params);
        let encoding = answer["result"]["capabilities"]["positionEncoding"].as_str();
        self.encoding = Encoding::named(encoding);
        self.notify("initialized", json!({}));
        answer
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        // A server that has ended shows in what it no longer answers.
        let _ = input.write_all(bytes).and_then(|()| input.flush());
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request without waiting for its response; its id.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.requests += 1;
        let mut request = json!({ "jsonrpc": "2.0", "id": self.requests, "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        self.send(&request);
        self.requests
    }

    /// Waits for the response to a request.
    pub fn response(&mut self, id: i64) -> Value {
        loop {
            if let Some(response) = self.responses.remove(&id) {
                return response;
            }
            self.wait();
        }
    }

    /// Sends a request and waits for its response, the whole of it.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.response(id)
    }

    /// Waits until all that was sent is analysed and published.
    pub fn settle(&mut self) {
        let response = self.request("stockade/settled", json!({}));
        assert!(response.get("error").is_none(), "not settled: {response}");
    }

    /// Waits until the diagnostics of a version of a document are published.
    pub fn published(&mut self, uri: &str, version: i64) -> &Value {
        let newest = |server: &Server| {
            server
                .published
                .get(uri)
                .and_then(|params| params["version"].as_i64())
        };
        while newest(self) < Some(version) {
            self.wait();
        }
        &self.published[uri]
    }

    /// Waits for a condition on what the server has said.
    pub fn wait_until(&mut self, condition: impl Fn(&Server) -> bool) {
        while !condition(self) {
            self.wait();
        }
    }

    /// Waits for the next message and takes it in.
    pub fn wait(&mut self) {
        match self.messages.recv_timeout(HANGS) {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => panic!("the server hangs"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the server has ended: {:?}", self.process.wait())
            }
        }
    }

    fn take(&mut self, message: Value) {
        match (message["method"].as_str(), message["id"].as_i64()) {
            (Some("textDocument/publishDiagnostics"), _) => {
                let uri = message["params"]["uri"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                *self.publications.entry(uri.clone()).or_default() += 1;
                self.published.insert(uri, message["params"].clone());
            }
            (Some(method), Some(id)) => {
                self.asked
                    .push((method.to_owned(), message["params"].clone()));
                if !self.is_silent {
                    self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
                }
            }
            (Some("$/progress"), None) => self.progress.push(message["params"].clone()),
            (Some(_), None) => {}
            (None, Some(id)) => {
                self.responses.insert(id, message);
            }
            (None, None) => self.anonymous.push(message),
        }
    }

    /// Closes the server's input.
    pub fn hang_up(&mut self) {
        self.input = None;
    }

    /// What the process holds in memory, in MB; `None` where the system doesn't tell.
    pub fn memory(&self) -> Option<f64> {
        memory_of(self.process.id(), "VmRSS:")
    }

    /// The processor time that the process has taken; `None` where the system doesn't tell.
    pub fn busy(&self) -> Option<Duration> {
        const TICKS_A_SECOND: u64 = 100;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut times = after_name.split_whitespace().skip(11);
        let mut next = || times.next()?.parse::<u64>().ok();
        let ticks = next()? + next()?;
        Some(Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND))
    }

    /// Waits for the process to end; its exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        while let Ok(message) = self.messages.recv_timeout(HANGS) {
            if self.input.is_some() {
                self.take(message);
            }
        }
        self.process.wait().ok()?.code()
    }

    /// Ends the server as a client should; its exit code.
    pub fn shut_down(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.exit_code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input = None;
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads a message; `None` at the end of the stream.
fn next_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// A figure of a process in MB, as `/proc` calls it: `VmRSS:` is what it holds, `VmHWM:` the most that it has held.
pub fn memory_of(process: u32, figure: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
