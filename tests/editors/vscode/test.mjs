// The extension in the real editor. usage: node test.mjs SERVER VSIX TOOLS OUT   (see run.sh)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  activeFile, answerView, ask, chooseFromStatus, hover, lastAnswer, runCommand, showFile, statusIs, withEditor, word,
} from "./editor.mjs";
import { writeSample } from "./sample.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [server, vsix, toolsFolder, out] = process.argv.slice(2).map((path) => resolve(path));
const tools = {
  start: join(here, "../../../scripts/start_code_server.sh"),
  codeServer: join(toolsFolder, "code-server"),
  chromium: process.env.CHROMIUM ?? "/usr/bin/chromium",
};
const scratch = mkdtempSync(join(tmpdir(), "forethought-vscode-"));
let passed = 0;
const failures = [];

process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
mkdirSync(out, { recursive: true });

const only = process.env.SESSION;

await session("real", { server }, async (page, { shot }) => {
  await check("the status item reaches idle", page, () => statusIs(page, "idle"));
  await check("a hover shows who calls a function and what it raises", page, async () => {
    const text = await hover(page, word(page, "greet"), /Called .*welcome/s);
    assert.match(text, /UnknownLanguage/);
    await shot("hover");
  });
  await check("“Ask about this symbol” streams an answer of fact that names the caller", page, async () => {
    await ask(page, word(page, "greet"), "Who calls greet?");
    const answer = lastAnswer(page);
    await answer.locator(".provenance", { hasText: "facts" }).waitFor({ timeout: 30_000 });
    assert.match(await answer.locator(".answer").innerText(), /welcome/);
  });
  await check("a source is a link that moves the editor to its line", page, async () => {
    await lastAnswer(page).locator(".source", { hasText: "reception.py:8" }).click();
    await activeFile(page, "reception.py");
    await page.locator("#status\\.editor\\.selection", { hasText: "Ln 8" }).waitFor({ timeout: 30_000 });
    await shot("answer");
  });
  await check("the answer view takes a further question itself", page, async () => {
    await answerView(page).locator("#question").fill("Which tests reach greet?");
    await answerView(page).locator("#question").press("Enter");
    const answer = lastAnswer(page).locator(".answer", { hasText: "test_italian_greeting" });
    await answer.waitFor({ timeout: 30_000 });
  });
  await check("the server's “Explain” code action answers in the view", page, async () => {
    await showFile(page, "greeting.py");
    await word(page, "greet").click();
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .action.focused", { hasText: "Explain greet" }).waitFor({ timeout: 30_000 });
    await page.keyboard.press("Enter");
    const explained = answerView(page).locator("article", { hasText: "What does `greet` do?" });
    await explained.locator(".provenance").waitFor({ timeout: 30_000 });
  });
  await check("F12 goes to a definition, and a code lens there counts the uses and shows them", page, async () => {
    await showFile(page, "reception.py");
    await word(page, "greet").click();
    await page.keyboard.press("F12");
    await activeFile(page, "greeting.py");
    await page.locator(".codelens-decoration a", { hasText: /^2 uses · 1 test · changed today$/ }).click({ timeout: 30_000 });
    await page.locator(".reference-zone-widget .referenceMatch").first().waitFor({ timeout: 30_000 });
    await page.keyboard.press("Escape");
  });
  await check("what is known about a symbol opens as a document", page, async () => {
    await showFile(page, "greeting.py");
    await word(page, "greet").click();
    await runCommand(page, "Show what is known about this symbol");
    await page.locator(".tab.active", { hasText: "what is known" }).waitFor({ timeout: 30_000 });
    await page.locator(".view-line", { hasText: '"signature": "def greet' }).first().waitFor({ timeout: 30_000 });
  });
  await check("what changed while you were away opens as rendered Markdown", page, async () => {
    await runCommand(page, "Show what changed while you were away");
    await page.locator(".tab.active", { hasText: "what changed" }).waitFor({ timeout: 30_000 });
  });
});

await session("model", { server, model: "smollm2", prepare: thinkAhead }, async (page, { shot }) => {
  await statusIs(page, "idle");
  await check("a hover shows what was found out beforehand, and where it comes from", page, async () => {
    await hover(page, word(page, "greet"), /Return a greeting for one person.*quoted from the code · fresh/s);
    await shot("insight");
  });
  await check("a predicted answer can be marked as wrong", page, async () => {
    await ask(page, word(page, "greet"), "What does greet do?");
    const answer = lastAnswer(page);
    await answer.locator(".provenance", { hasText: "predicted" }).waitFor({ timeout: 30_000 });
    await shot("predicted");
    await answer.getByRole("button", { name: "Wrong" }).click();
    await answer.locator(".provenance", { hasText: "Marked as wrong" }).waitFor({ timeout: 30_000 });
  });
  await check("thinking about the workspace shows its progress and what was done", page, async () => {
    await chooseFromStatus(page, "Think about the workspace");
    const toast = page.locator(".notification-list-item", { hasText: /thought about/ });
    await toast.waitFor({ timeout: 240_000 });
    assert.match(await toast.innerText(), /[1-9]\d* symbols thought about, [1-9]\d* reused, 0 failed, 0 remaining/);
    await hover(page, word(page, "UnknownLanguage"), /no greeting in that language.*quoted from the code/s);
  });
  await check("pausing and resuming show in the status item", page, async () => {
    await chooseFromStatus(page, "Pause thinking");
    await statusIs(page, "paused", 30_000);
    await chooseFromStatus(page, null);
    await shot("status");
    await page.keyboard.press("Escape");
    await chooseFromStatus(page, "Resume thinking");
    await statusIs(page, "idle", 30_000);
  });
});

const scripted = join(here, "scripted_server.py");
await session("scripted", { server: scripted }, async (page, { methods }) => {
  await check("a running pass shows in the status item and is cancelled from its menu", page, async () => {
    await statusIs(page, "thinking");
    await chooseFromStatus(page, "Cancel the current pass");
    await statusIs(page, "idle", 30_000);
    assert.ok(methods().includes("window/workDoneProgress/cancel"));
  });
  await check("negative control: with a server that knows nothing, the hover check fails", page, async () => {
    await assert.rejects(hover(page, word(page, "greet"), /Called/, 2), /No hover of Forethought's/);
    assert.ok(methods().includes("textDocument/hover"), "the editor never asked for a hover");
  });
  await check("an answer is shown while it streams, and can be cancelled", page, async () => {
    await ask(page, word(page, "greet"), "What does greet do?");
    const answer = lastAnswer(page);
    await answer.locator(".answer", { hasText: "Three words only" }).waitFor({ timeout: 30_000 });
    await answer.getByRole("button", { name: "Cancel" }).click();
    await answer.locator(".note", { hasText: "Canceled." }).waitFor({ timeout: 30_000 });
    assert.ok(methods().includes("$/cancelRequest"));
  });
  await check("a restart ends the old server in good order and starts a new one", page, async () => {
    await runCommand(page, "Restart the server");
    await until(() => methods().filter((method) => method === "initialize").length === 2);
    const ended = methods().slice(0, methods().lastIndexOf("initialize"));
    assert.deepEqual(ended.slice(-2), ["shutdown", "exit"]);
  });
});

const canary = join(scratch, "canary");
await session("untrusted", { trust: true, prepare: plantCanary }, async (page) => {
  await check("an untrusted workspace's own program is not run; the lack of a server is said, with buttons", page, async () => {
    await statusIs(page, "no server");
    const message = page.locator(".notification-list-item", { hasText: "The forethought server is not on PATH" });
    await message.getByRole("button", { name: "Set path" }).waitFor({ timeout: 30_000 });
    assert.ok(!existsSync(canary), "the planted program ran");
    await message.getByRole("button", { name: "Install from a checkout…" }).click();
  });
  await check("the install command is typed into a terminal, not run", page, async () => {
    await page.locator(".xterm-rows", { hasText: /pip.install.\.\/forethought/ }).first().waitFor({ timeout: 30_000 });
  });
});

console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

/** One editor with one server on a fresh copy of the sample. A session that cannot even open counts as one failure. */
async function session(name, { server: program, model, trust = false, prepare = () => {} }, use) {
  if (only && only !== name) return;
  const folder = join(scratch, name);
  const workspace = join(folder, "conference");
  const log = join(folder, "methods.log");
  writeSample(workspace);
  const environment = {
    FORETHOUGHT_CACHE_DIR: join(folder, "cache"),
    FORETHOUGHT_RUNTIME_DIR: join(folder, "runtime"),
    FORETHOUGHT_CONFIG: join(folder, "forethought.toml"),
    ...(model ? { FORETHOUGHT_MODEL: model } : { FORETHOUGHT_ENGINE: "none" }),
    SCRIPTED_LOG: log,
    PATH: pathWithoutServer(),
  };
  writeFileSync(environment.FORETHOUGHT_CONFIG, "");
  // What is shown stays as it was prepared: no pass starts by itself.
  const settings = { "forethought.sleep.scope": "off", ...(program ? { "forethought.server.path": program } : {}) };
  const methods = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  try {
    prepare(workspace, environment);
    await withEditor(
      { tools, vsix, workspace, file: "greeting.py", settings, environment, trust, failureShot: join(out, `failure-${name}.png`) },
      async (page) => {
        const shot = async (picture) => {
          await page.evaluate(() => { // a hover fades in
            const ending = document.getAnimations().filter((item) => item.effect.getComputedTiming().iterations !== Infinity);
            return Promise.allSettled(ending.map((item) => item.finished));
          });
          await page.screenshot({ path: join(out, `vscode-${picture}.png`) });
        };
        await use(page, { shot, methods });
      },
    );
  } catch (error) {
    fail(`the session “${name}”`, error);
  } finally {
    // The engine host is a process of its own, which outlives editors for a while.
    if (model) runServer(environment, "engine", "stop");
  }
}

async function check(name, page, run) {
  const begun = Date.now();
  try {
    await run();
    passed++;
    console.log(`ok   ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    fail(name, error);
    await page.screenshot({ path: join(out, `failure-${failures.length}.png`) });
    await page.keyboard.press("Escape");
  }
}

function fail(name, error) {
  failures.push(name);
  console.log(`FAIL ${name}\n     ${String(error?.stack ?? error).replaceAll("\n", "\n     ")}`);
}

/** Insights for one file, by the demo model. */
function thinkAhead(workspace, environment) {
  runServer(environment, "precompute", "--root", workspace, join(workspace, "greeting.py"));
}

function runServer(environment, ...args) {
  execFileSync(server, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "inherit"] });
}

function plantCanary(workspace) {
  const programs = join(workspace, ".venv", "bin");
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, "forethought"), `#!/bin/sh\ntouch '${canary}'\n`, { mode: 0o755 });
}

/** PATH without the folders that hold a forethought, so that the extension finds only what a session gives it. */
function pathWithoutServer() {
  return process.env.PATH.split(":").filter((folder) => !existsSync(join(folder, "forethought"))).join(":");
}

async function until(condition, milliseconds = 20_000) {
  const deadline = Date.now() + milliseconds;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
