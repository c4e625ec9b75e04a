// The page of a rule inside VS Code, from the server's own catalog.
import * as vscode from "vscode";
import type { Server } from "./server";

/** The answer to `stockade/rule`. */
interface RulePage {
  id: string;
  title: string;
  severity: string;
  category: string;
  markdown: string;
}

export class RulePages implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(private readonly server: Server) {}

  /** Opens the page of a rule; asks for one if none is named. */
  async open(id: string | undefined): Promise<void> {
    const wanted = id ?? (await vscode.window.showInputBox({ prompt: "The id of a rule" }));
    if (!wanted) {
      return;
    }
    const page = await this.page(wanted.trim());
    if (!page) {
      void vscode.window.showWarningMessage(`There is no rule ${wanted}.`);
      return;
    }
    this.panel ??= this.newPanel();
    this.panel.title = page.id;
    this.panel.webview.html = await html(page);
    this.panel.reveal(undefined, true);
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private async page(id: string): Promise<RulePage | null> {
    const client = await this.server.connection();
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    return (await client?.sendRequest<RulePage | null>("stockade/rule", { id, uri })) ?? null;
  }

  private newPanel(): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("stockade.rule", "Rule", place, { enableFindWidget: true });
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    return panel;
  }
}

async function html(page: RulePage): Promise<string> {
  const head = `**${page.severity}** · ${page.category} · \`${page.id}\`\n\n`;
  const text = page.markdown.replace(/^# .*\n/m, (heading) => `${heading}\n${head}`);
  // VS Code's own renderer; it leaves no scripts in.
  const body = await vscode.commands.executeCommand<string>("markdown.api.render", text);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';">
<style>
body { max-width: 60rem; padding: 0 1.5rem 2rem; line-height: 1.5; font-size: var(--vscode-font-size); }
h1 { font-weight: 500; border-bottom: 1px solid var(--vscode-panel-border); padding-bottom: .4rem; }
h2 { font-weight: 500; margin-top: 2rem; }
pre { padding: .8rem 1rem; overflow-x: auto; background: var(--vscode-textCodeBlock-background); border-radius: 4px; }
code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
table { border-collapse: collapse; } td, th { border: 1px solid var(--vscode-panel-border); padding: .3rem .6rem; }
</style>
</head>
<body>${body}</body>
</html>`;
}
