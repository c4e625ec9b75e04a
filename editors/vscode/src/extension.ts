// Starts the Stockade server and keeps it running. Everything about findings is the server's.
import { existsSync } from "node:fs";
import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, State, type ServerOptions } from "vscode-languageclient/node";

// Files are told by their name: other extensions give them other language ids.
const FILES = "**/{*.tf,*.tofu,*.tfvars,stockade.toml}";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const logs = vscode.window.createOutputChannel("Stockade", { log: true });
  const status = vscode.languages.createLanguageStatusItem("stockade.status", [{ scheme: "file", pattern: FILES }]);
  status.name = status.text = "Stockade";
  status.command = { title: "Show Logs", command: "stockade.showLogs" };
  const server = new Server(logs, status, context.asAbsolutePath(process.platform === "win32" ? "server/stockade.exe" : "server/stockade"));
  context.subscriptions.push(
    logs,
    status,
    { dispose: () => void server.stop() },
    vscode.commands.registerCommand("stockade.showLogs", () => logs.show()),
    vscode.commands.registerCommand("stockade.restart", () => server.restart()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("stockade.path") || change.affectsConfiguration("stockade.log")) {
        return server.restart();
      }
    }),
  );
  running = server;
  await server.restart();
}

let running: Server | undefined;

export async function deactivate(): Promise<void> {
  await running?.stop();
}

/** One server process; restarts wait for each other. */
class Server {
  private client: LanguageClient | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly logs: vscode.LogOutputChannel,
    private readonly status: vscode.LanguageStatusItem,
    private readonly bundled: string,
  ) {}

  restart(): Promise<void> {
    this.last = this.last.then(() => this.halt()).then(() => this.start());
    return this.last;
  }

  stop(): Promise<void> {
    this.last = this.last.then(() => this.halt());
    return this.last;
  }

  private async halt(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose().catch((error: unknown) => this.logs.warn(`The server did not stop cleanly: ${error}`));
  }

  private async start(): Promise<void> {
    const settings = vscode.workspace.getConfiguration("stockade");
    const command = this.command(settings);
    const run = { command, args: ["lsp", "--log", settings.get<string>("log", "warn")] };
    const options: ServerOptions = { run, debug: run };
    const client = new LanguageClient("stockade", "Stockade", options, {
      documentSelector: [{ scheme: "file", pattern: FILES }],
      outputChannel: this.logs,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
    });
    client.onDidChangeState(({ newState }) => {
      this.status.busy = newState === State.Starting;
      this.status.severity =
        newState === State.Stopped ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    });
    try {
      await client.start();
      this.client = client;
      this.status.detail = client.initializeResult?.serverInfo?.version;
    } catch (error) {
      await client.dispose().catch(() => undefined);
      void this.explain(command, error);
    }
  }

  /** The setting, else the program in the extension, else the one on the PATH. */
  private command(settings: vscode.WorkspaceConfiguration): string {
    const chosen = settings.get<string>("path", "");
    if (chosen) {
      return chosen;
    }
    return existsSync(this.bundled) ? this.bundled : "stockade";
  }

  private async explain(command: string, error: unknown): Promise<void> {
    this.logs.error(`${command} could not be started: ${error}`);
    const answer = await vscode.window.showErrorMessage(
      `Stockade could not start "${command}". Put stockade on the PATH, or name it in the setting stockade.path.`,
      "Open Settings",
      "Show Logs",
    );
    if (answer === "Open Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "stockade.path");
    } else if (answer === "Show Logs") {
      this.logs.show();
    }
  }
}
