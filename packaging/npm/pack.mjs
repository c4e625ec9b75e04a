// Packs the npm packages: node pack.mjs OUT TARGET=PROGRAM …, such as linux-x64=target/dist/stockade.
// OUT gets stockade-VERSION.tgz, which needs one of the others, and one package with the program for each target.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const version = /^version = "(.*)"/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
const [out, ...programs] = process.argv.slice(2);
if (!out || programs.length === 0) {
  console.error("usage: node pack.mjs OUT TARGET=PROGRAM …");
  process.exit(2);
}
const common = {
  version,
  description: "Finds what is insecure in Terraform and OpenTofu, and fixes it: a language server and a command.",
  license: "Apache-2.0",
};
const targets = programs.map((program) => program.split("="));

function pack(manifest, fill) {
  const folder = mkdtempSync(join(tmpdir(), "stockade-npm-"));
  mkdirSync(join(folder, "bin"));
  fill(folder);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...common, ...manifest }, null, 2)}\n`);
  mkdirSync(out, { recursive: true });
  const { status } = spawnSync("npm", ["pack", "--silent", "--pack-destination", resolve(out)], { cwd: folder, stdio: "inherit" });
  if (status !== 0) {
    process.exit(1);
  }
}

for (const [target, program] of targets) {
  const [os, cpu] = target.split("-");
  pack({ name: `@stockade/cli-${target}`, os: [os], cpu: [cpu], files: ["bin"] }, (folder) => {
    const place = join(folder, "bin", os === "win32" ? "stockade.exe" : "stockade");
    copyFileSync(program, place);
    chmodSync(place, 0o755);
  });
}
const optionalDependencies = Object.fromEntries(targets.map(([target]) => [`@stockade/cli-${target}`, version]));
pack({ name: "stockade", bin: { stockade: "bin/stockade.js" }, files: ["bin"], engines: { node: ">=18" }, optionalDependencies }, (folder) => {
  cpSync(join(here, "bin"), join(folder, "bin"), { recursive: true });
  copyFileSync(join(here, "README.md"), join(folder, "README.md"));
});
