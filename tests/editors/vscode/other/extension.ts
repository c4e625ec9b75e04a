// An extension that starts another language server for Terraform.
import type { ExtensionContext } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const run = { command: process.execPath, args: [context.asAbsolutePath("server.js")] };
  client = new LanguageClient("other", "Other", { run, debug: run }, { documentSelector: [{ language: "terraform" }] });
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
