// Packs the extension with a server in it: node pack.mjs [TARGET [SERVER]] …, or --all for every target that has been built.
//   TARGET  linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64, win32-arm64; this machine's by default
//   SERVER  the stockade program for it; by default the one that cargo built, of the profile `dist` or `release`
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = process.env.CARGO_TARGET_DIR ?? join(here, "../../target");
const TRIPLES = {
  "linux-x64": ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"],
  "linux-arm64": ["aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl"],
  "darwin-x64": ["x86_64-apple-darwin"],
  "darwin-arm64": ["aarch64-apple-darwin"],
  "win32-x64": ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"],
  "win32-arm64": ["aarch64-pc-windows-msvc"],
};
const own = `${process.platform}-${process.arch}`;

/** The server that cargo built for a target, if it did. */
function serverOf(target) {
  const name = target.startsWith("win32") ? "stockade.exe" : "stockade";
  const folders = TRIPLES[target].concat(target === own ? [""] : []);
  const places = folders.flatMap((folder) => ["dist", "release"].map((profile) => join(built, folder, profile, name)));
  return places.find((place) => existsSync(place));
}

function pack(target, server) {
  const folder = join(here, "server");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const bundled = join(folder, target.startsWith("win32") ? "stockade.exe" : "stockade");
  copyFileSync(server, bundled);
  chmodSync(bundled, 0o755);
  copyFileSync(join(here, "../../LICENSE"), join(here, "LICENSE"));
  const vsce = join(here, "node_modules/.bin/vsce");
  const options = ["package", "--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links", "--target", target];
  const { status } = spawnSync(vsce, options, { cwd: here, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) {
    throw new Error(`vsce failed for ${target}`);
  }
}

const wanted = process.argv.slice(2);
const targets = wanted[0] === "--all" ? Object.keys(TRIPLES).filter(serverOf) : [wanted[0] ?? own];
for (const target of targets) {
  const server = wanted[1] ?? (target in TRIPLES ? serverOf(target) : undefined);
  if (!server || !existsSync(server)) {
    console.error(`error: no server for ${target}: run \`cargo build --profile dist\` in the repository's root, or name one`);
    process.exit(1);
  }
  pack(target, server);
}
