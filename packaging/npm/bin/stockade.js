#!/usr/bin/env node
// Runs the program of the package for this machine, with its arguments, standard streams and exit status.
"use strict";
const { spawnSync } = require("node:child_process");

const name = `@stockade/cli-${process.platform}-${process.arch}`;
const program = process.platform === "win32" ? "stockade.exe" : "stockade";
let path;
try {
  path = require.resolve(`${name}/bin/${program}`);
} catch {
  console.error(`stockade: there is no program for ${process.platform} on ${process.arch} (${name} is not installed).`);
  console.error("Install without --no-optional, or build it: cargo install --git REPOSITORY stockade");
  process.exit(2);
}
const { status, signal, error } = spawnSync(path, process.argv.slice(2), { stdio: "inherit" });
if (error) {
  console.error(`stockade: ${error.message}`);
}
process.exit(signal ? 1 : (status ?? 2));
