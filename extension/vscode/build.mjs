// Bundles the extension (node) and the answer page (browser); with --tests, the unit tests as well.
import { readdirSync } from "node:fs";
import { build } from "esbuild";

const minify = process.argv.includes("--minify");
const common = { bundle: true, minify, sourcemap: !minify, target: "es2022", logLevel: "warning" };

await build({
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  platform: "node",
  format: "cjs",
  external: ["vscode"],
});
await build({
  ...common,
  entryPoints: ["src/page/answers.ts"],
  outfile: "dist/page.js",
  platform: "browser",
  format: "iife",
});
if (process.argv.includes("--tests")) {
  await build({
    ...common,
    entryPoints: readdirSync("test").map((name) => `test/${name}`),
    outdir: "dist/test",
    platform: "node",
    format: "cjs",
  });
}
