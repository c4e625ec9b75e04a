// The findings in the side bar: in groups, counted, filtered.
import * as vscode from "vscode";
import { type Finding, type Findings, SEVERITIES, type Severity } from "./findings";

type Grouping = "severity" | "service" | "file";

interface Group {
  name: string;
  findings: Finding[];
}

type Node = Group | Finding;

const ICONS: Record<Severity, vscode.ThemeIcon> = {
  critical: new vscode.ThemeIcon("flame", new vscode.ThemeColor("problemsErrorIcon.foreground")),
  high: new vscode.ThemeIcon("error", new vscode.ThemeColor("problemsErrorIcon.foreground")),
  medium: new vscode.ThemeIcon("warning", new vscode.ThemeColor("problemsWarningIcon.foreground")),
  low: new vscode.ThemeIcon("info", new vscode.ThemeColor("problemsInfoIcon.foreground")),
  info: new vscode.ThemeIcon("circle-outline"),
};

export class FindingsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private grouping: Grouping = "severity";
  private filter = "";
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly parts: vscode.Disposable[];

  constructor(private readonly findings: Findings) {
    this.view = vscode.window.createTreeView<Node>("stockade.findings", { treeDataProvider: this, showCollapseAll: true });
    const by = (grouping: Grouping) => () => this.regroup(grouping);
    this.parts = [
      this.view,
      this.changed,
      findings.onDidChange(() => this.refresh()),
      vscode.commands.registerCommand("stockade.groupBySeverity", by("severity")),
      vscode.commands.registerCommand("stockade.groupByService", by("service")),
      vscode.commands.registerCommand("stockade.groupByFile", by("file")),
      vscode.commands.registerCommand("stockade.filterFindings", () => this.ask()),
      vscode.commands.registerCommand("stockade.clearFilter", () => this.narrow("")),
    ];
  }

  getChildren(node?: Node): Node[] {
    if (node) {
      return "findings" in node ? node.findings : [];
    }
    const groups = new Map<string, Finding[]>();
    for (const finding of this.shown()) {
      const name = this.nameOf(finding);
      groups.set(name, [...(groups.get(name) ?? []), finding]);
    }
    const sorted = [...groups].map(([name, findings]) => ({ name, findings: findings.sort(inOrder) }));
    return sorted.sort((a, b) => this.rank(a) - this.rank(b) || a.name.localeCompare(b.name));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ("findings" in node) {
      const item = new vscode.TreeItem(node.name, vscode.TreeItemCollapsibleState.Expanded);
      item.description = String(node.findings.length);
      item.iconPath = this.grouping === "severity" ? ICONS[node.name as Severity] : undefined;
      item.id = `${this.grouping}:${node.name}`;
      return item;
    }
    const [title] = node.message.split("\n");
    const item = new vscode.TreeItem(title ?? node.rule);
    item.description = `${vscode.workspace.asRelativePath(node.uri)}:${node.range.start.line + 1}`;
    item.tooltip = `${node.message}\n\n${node.severity} · ${node.rule}\n${node.address}`;
    item.iconPath = ICONS[node.severity];
    item.contextValue = "finding";
    item.command = { title: "Open", command: "vscode.open", arguments: [node.uri, { selection: node.range }] };
    return item;
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
  }

  private shown(): Finding[] {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    return this.findings.all().filter((finding) => {
      const path = vscode.workspace.asRelativePath(finding.uri);
      const text = [finding.severity, finding.rule, finding.message, finding.address, path].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  private nameOf(finding: Finding): string {
    switch (this.grouping) {
      case "severity":
        return finding.severity;
      case "service":
        return finding.service;
      case "file":
        return vscode.workspace.asRelativePath(finding.uri);
    }
  }

  private rank(group: Group): number {
    return this.grouping === "severity" ? SEVERITIES.indexOf(group.name as Severity) : 0;
  }

  private regroup(grouping: Grouping): void {
    this.grouping = grouping;
    this.refresh();
  }

  private async ask(): Promise<void> {
    const prompt = "Words of a rule, message, address, file or severity";
    const filter = await vscode.window.showInputBox({ prompt, value: this.filter });
    if (filter !== undefined) {
      await this.narrow(filter);
    }
  }

  private async narrow(filter: string): Promise<void> {
    this.filter = filter;
    await vscode.commands.executeCommand("setContext", "stockade.isFiltered", filter !== "");
    this.refresh();
  }

  private refresh(): void {
    const count = this.findings.all().length;
    const shown = this.shown().length;
    this.view.badge = count > 0 ? { value: count, tooltip: `${count} findings` } : undefined;
    this.view.message = this.filter ? `${shown} of ${count} for "${this.filter}"` : undefined;
    this.changed.fire(undefined);
  }
}

function inOrder(a: Finding, b: Finding): number {
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  return severity || a.uri.path.localeCompare(b.uri.path) || a.range.start.compareTo(b.range.start);
}
