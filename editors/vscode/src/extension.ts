// Starts the Stockade server and shows what it finds. Everything about findings is the server's.
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { Findings } from "./findings";
import { FindingsView } from "./findingsView";
import { RulePages } from "./rulePages";
import { Score } from "./score";
import { FILES, Server } from "./server";

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const logs = vscode.window.createOutputChannel("Stockade", { log: true });
  const status = vscode.languages.createLanguageStatusItem("stockade.status", [
    { scheme: "file", pattern: FILES },
    { scheme: "untitled", language: "terraform" },
  ]);
  status.name = status.text = "Stockade";
  status.command = { title: "Show Logs", command: "stockade.showLogs" };
  const bundled = process.platform === "win32" ? "server/stockade.exe" : "server/stockade";
  const findings = new Findings();
  const server = new Server(logs, status, context.asAbsolutePath(bundled), findings);
  const pages = new RulePages(server);
  context.subscriptions.push(
    logs,
    status,
    findings,
    pages,
    new FindingsView(findings),
    new Score(findings),
    ...registerCommands(server, logs, pages),
    { dispose: () => void server.stop() },
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (RESTARTING.some((name) => change.affectsConfiguration(`stockade.${name}`))) {
        return server.restart();
      }
    }),
  );
  running = server;
  await server.restart();
}

/** Settings that the server is told when it starts. */
const RESTARTING = ["path", "log", "publish", "syntaxErrors", "codeLens", "inlayHints"];

export async function deactivate(): Promise<void> {
  await running?.stop();
}
