// The server process and the connection to it.
import { existsSync } from "node:fs";
import * as vscode from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";
import type { Findings } from "./findings";

// Files are told by their name: other extensions give them other language ids.
export const FILES = "**/{*.tf,*.tofu,*.tfvars,stockade.toml}";

/** A server that ends so often within the time below stays down. */
const CRASHES = 4;
const CRASHES_WITHIN_MS = 180_000;

/** One server process; restarts wait for each other. */
export class Server {
  private client: LanguageClient | undefined;
  private last: Promise<void> = Promise.resolve();
  private crashes: number[] = [];

  constructor(
    private readonly logs: vscode.LogOutputChannel,
    private readonly status: vscode.LanguageStatusItem,
    private readonly bundled: string,
    private readonly findings: Findings,
  ) {}

  restart(): Promise<void> {
    this.crashes = [];
    return this.queue(async () => {
      await this.halt();
      await this.start();
    });
  }

  stop(): Promise<void> {
    return this.queue(() => this.halt());
  }

  /** The connection, once all restarts that were asked for are done. */
  async connection(): Promise<LanguageClient | undefined> {
    await this.last;
    return this.client;
  }

  private queue(step: () => Promise<void>): Promise<void> {
    this.last = this.last.then(step, step);
    return this.last;
  }

  private async halt(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose().catch((error: unknown) => this.logs.warn(`The server did not stop cleanly: ${error}`));
    this.findings.clear();
  }

  private async start(): Promise<void> {
    const settings = vscode.workspace.getConfiguration("stockade");
    const command = this.command(settings);
    const run = { command, args: ["lsp", "--log", settings.get<string>("log", "warn")] };
    const server: ServerOptions = { run, debug: run };
    const client = new LanguageClient("stockade", "Stockade", server, this.options(settings));
    client.onDidChangeState(({ newState }) => this.show(newState));
    const begun = Date.now();
    try {
      await client.start();
      this.client = client;
      this.status.detail = client.initializeResult?.serverInfo?.version;
      this.logs.info(`${command}, version ${this.status.detail}, ready after ${Date.now() - begun} ms`);
    } catch (error) {
      await client.dispose().catch(() => undefined);
      this.show(State.Stopped);
      void this.explain(command, error);
    }
  }

  private options(settings: vscode.WorkspaceConfiguration): LanguageClientOptions {
    return {
      documentSelector: [
        { scheme: "file", pattern: FILES },
        { scheme: "untitled", language: "terraform" },
        { scheme: "untitled", language: "opentofu" },
      ],
      outputChannel: this.logs,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: {
        publish: settings.get("publish"),
        syntaxErrors: settings.get("syntaxErrors"),
        codeLens: settings.get("codeLens"),
        inlayHints: settings.get("inlayHints"),
        // VS Code's own hover shows the message.
        hoverMessages: false,
        ruleUri: "command:stockade.openRule?%5B%22{id}%22%5D",
      },
      markdown: { isTrusted: { enabledCommands: ["stockade.openRule"] } },
      middleware: {
        handleDiagnostics: (uri, diagnostics, next) => {
          this.findings.set(uri, diagnostics);
          next(uri, diagnostics);
        },
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.closed(),
      },
    };
  }

  /** Starts a server anew that has ended on its own, unless it does so all the time. */
  private closed(): CloseHandlerResult {
    const now = Date.now();
    this.crashes = [...this.crashes.filter((time) => now - time < CRASHES_WITHIN_MS), now];
    this.findings.clear();
    if (this.crashes.length < CRASHES) {
      this.logs.error("The server has ended; it is started again.");
      return { action: CloseAction.Restart, handled: true };
    }
    void this.giveUp();
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private async giveUp(): Promise<void> {
    const said = `The Stockade server ended ${CRASHES} times in a few minutes and is not started again.`;
    this.logs.error(said);
    const answer = await vscode.window.showErrorMessage(said, "Restart", "Show Logs");
    if (answer === "Restart") {
      await this.restart();
    } else if (answer === "Show Logs") {
      this.logs.show();
    }
  }

  private show(state: State): void {
    this.status.busy = state === State.Starting;
    this.status.text = state === State.Stopped ? "Stockade is not running" : "Stockade";
    this.status.severity =
      state === State.Stopped ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
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
