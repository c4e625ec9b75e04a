// A language server that knows hovers and a command, as terraform-ls does, and nothing of security.
let input = Buffer.alloc(0);
const send = (message) => {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
};
const ANSWERS = {
  initialize: {
    capabilities: { textDocumentSync: 1, hoverProvider: true, executeCommandProvider: { commands: ["terraform-ls.module.callers"] } },
    serverInfo: { name: "other" },
  },
  "textDocument/hover": { contents: { kind: "markdown", value: "an argument, says the other server" } },
  shutdown: null,
};
process.stdin.on("data", (chunk) => {
  input = Buffer.concat([input, chunk]);
  for (;;) {
    const end = input.indexOf("\r\n\r\n");
    const length = Number(/content-length: *(\d+)/i.exec(input.subarray(0, Math.max(end, 0)).toString())?.[1] ?? Number.NaN);
    if (end < 0 || !(input.length >= end + 4 + length)) {
      return;
    }
    const message = JSON.parse(input.subarray(end + 4, end + 4 + length).toString());
    input = input.subarray(end + 4 + length);
    if (message.method === "exit") {
      process.exit(0);
    }
    if (message.id !== undefined && message.method) {
      send({ id: message.id, result: ANSWERS[message.method] ?? null });
    }
  }
});
process.stdin.on("end", () => process.exit(0));
