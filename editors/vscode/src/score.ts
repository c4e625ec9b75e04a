// One number in the status bar for the findings that are shown.
import * as vscode from "vscode";
import { type Findings, SEVERITIES, type Severity } from "./findings";

/** What a finding costs of the hundred. */
const COSTS: Record<Severity, number> = { critical: 20, high: 10, medium: 3, low: 1, info: 0 };

export class Score implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("stockade.score", vscode.StatusBarAlignment.Right, 90);
  private readonly parts: vscode.Disposable[];

  constructor(private readonly findings: Findings) {
    this.item.name = "Stockade Score";
    this.item.command = "stockade.findings.focus";
    this.parts = [
      this.item,
      findings.onDidChange(() => this.refresh()),
      vscode.workspace.onDidChangeConfiguration(() => this.refresh()),
      vscode.window.onDidChangeActiveTextEditor(() => this.refresh()),
    ];
    this.refresh();
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
  }

  private refresh(): void {
    if (!vscode.workspace.getConfiguration("stockade").get("score", true)) {
      this.item.hide();
      return;
    }
    const counts = this.findings.counts();
    const lost = SEVERITIES.reduce((sum, severity) => sum + COSTS[severity] * (counts.get(severity) ?? 0), 0);
    const score = Math.max(0, 100 - lost);
    const told = SEVERITIES.filter((severity) => counts.has(severity)).map((severity) => `${counts.get(severity)} ${severity}`);
    this.item.text = `$(shield) ${score}`;
    this.item.tooltip = `Stockade score ${score} of 100: ${told.join(", ") || "no findings"}`;
    const isBad = (counts.get("critical") ?? 0) > 0;
    this.item.backgroundColor = isBad ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.show();
  }
}
