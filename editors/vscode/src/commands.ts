// The commands of the palette.
import * as vscode from "vscode";
import type { WorkspaceEdit } from "vscode-languageclient/node";
import type { Finding } from "./findings";
import type { RulePages } from "./rulePages";
import type { Server } from "./server";

export function registerCommands(server: Server, logs: vscode.LogOutputChannel, pages: RulePages): vscode.Disposable[] {
  const register = vscode.commands.registerCommand;
  return [
    register("stockade.restart", () => server.restart()),
    register("stockade.showLogs", () => logs.show()),
    register("stockade.scan", () => scan(server)),
    register("stockade.fixFile", () => fixFile(server)),
    register("stockade.fixWorkspace", () => fixWorkspace(server)),
    register("stockade.openRule", (rule?: string | Finding) => pages.open(typeof rule === "object" ? rule.rule : rule)),
    register("stockade.newSettings", newSettings),
  ];
}

async function scan(server: Server): Promise<void> {
  const client = await server.connection();
  const title = "Stockade: scanning the workspace";
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () => {
    await client?.sendRequest("workspace/executeCommand", { command: "stockade.scanWorkspace" });
    await client?.sendRequest("stockade/settled", {});
  });
}

async function fixFile(server: Server): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const client = await server.connection();
  if (uri && client) {
    const wanted = { uri: client.code2ProtocolConverter.asUri(uri) };
    await client.sendRequest("workspace/executeCommand", { command: "stockade.applyFixes", arguments: [wanted] });
  }
}

/** The safe fixes of all files, at once or, in VS Code's preview, one by one. */
async function fixWorkspace(server: Server): Promise<void> {
  await scan(server);
  const client = await server.connection();
  if (!client) {
    return;
  }
  const edit = await client.sendRequest<WorkspaceEdit>("stockade/workspaceFixes", {});
  const edits = await client.protocol2CodeConverter.asWorkspaceEdit(edit);
  if (edits.size === 0) {
    void vscode.window.showInformationMessage("Stockade: nothing here can be fixed safely.");
    return;
  }
  const files = edits.size === 1 ? "1 file" : `${edits.size} files`;
  const answer = await vscode.window.showInformationMessage(`Stockade: safe fixes in ${files}.`, "Apply All", "Preview");
  if (answer === "Apply All") {
    await vscode.workspace.applyEdit(edits);
  } else if (answer === "Preview") {
    await vscode.workspace.applyEdit(toConfirm(edits), { isRefactoring: true });
  }
}

/** The same edits, each to be ticked. */
function toConfirm(edits: vscode.WorkspaceEdit): vscode.WorkspaceEdit {
  const metadata = { needsConfirmation: true, label: "Stockade: safe fixes" };
  const confirmed = new vscode.WorkspaceEdit();
  for (const [uri, all] of edits.entries()) {
    all.forEach((one) => confirmed.replace(uri, one.range, one.newText, metadata));
  }
  return confirmed;
}

const SETTINGS = `# What Stockade looks for in this workspace: the same in every editor and in CI.
# Completion (Ctrl+Space) tells what there is to set.

[rules]
# Ids, globs of them, or categories such as "logging".
ignore = []

[report]
# The least severity that makes \`stockade check\` fail.
fail-on = "medium"
`;

async function newSettings(): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
  if (!folder) {
    void vscode.window.showWarningMessage("Open a folder first: stockade.toml stands at its root.");
    return;
  }
  const uri = vscode.Uri.joinPath(folder.uri, "stockade.toml");
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, { ignoreIfExists: true, contents: new TextEncoder().encode(SETTINGS) });
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(uri);
}
