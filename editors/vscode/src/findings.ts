// What the server has published, by file.
import * as vscode from "vscode";

export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A published finding. */
export interface Finding {
  uri: vscode.Uri;
  range: vscode.Range;
  rule: string;
  severity: Severity;
  /** `aws-s3`: the first two words of the rule's id. */
  service: string;
  message: string;
  address: string;
}

/** The `data` of a diagnostic of ours. */
interface Data {
  address?: string;
  severity?: Severity;
}

export class Findings implements vscode.Disposable {
  private readonly byFile = new Map<string, Finding[]>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  set(uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]): void {
    const findings = diagnostics.map((diagnostic) => finding(uri, diagnostic));
    if (findings.length > 0) {
      this.byFile.set(uri.toString(), findings);
    } else {
      this.byFile.delete(uri.toString());
    }
    this.changed.fire();
  }

  clear(): void {
    this.byFile.clear();
    this.changed.fire();
  }

  all(): Finding[] {
    return [...this.byFile.values()].flat();
  }

  counts(): Map<Severity, number> {
    const counts = new Map<Severity, number>();
    for (const { severity } of this.all()) {
      counts.set(severity, (counts.get(severity) ?? 0) + 1);
    }
    return counts;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function finding(uri: vscode.Uri, diagnostic: vscode.Diagnostic): Finding {
  const { code, message, range } = diagnostic;
  const rule = String(typeof code === "object" ? code.value : (code ?? ""));
  // The language client keeps what the protocol has and VS Code has not.
  const data = ((diagnostic as { data?: Data }).data ?? {}) as Data;
  return {
    uri,
    range,
    rule,
    severity: data.severity ?? "info",
    service: rule.split("-").slice(0, 2).join("-"),
    message,
    address: data.address ?? "",
  };
}
