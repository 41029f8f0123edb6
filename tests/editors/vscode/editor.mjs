// code-server with our extension, and a browser page that shows it.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const userSettings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.editor.enablePreview": false,
  "chat.commandCenter.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
  "editor.hover.delay": 100,
  "editor.fontSize": 15,
  "workbench.colorTheme": "Default Dark Modern",
  "terminal.integrated.gpuAcceleration": "off",
  "editor.minimap.enabled": false,
  "git.openRepositoryInParentFolders": "never",
};

// Chromium must not look for updates or GPUs; the sandbox does not work as root.
const browserArguments = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/**
 * Opens `workspace` and a `file` of it in a fresh code-server, calls `use(page)`, and ends every process, also when `use` fails.
 * `settings` are of machine scope; `trust` keeps workspace trust on, with nothing trusted.
 */
export async function withEditor({ tools, vsix, workspace, file, settings = {}, environment = {}, trust = false, failureShot }, use) {
  const scratch = mkdtempSync(join(tmpdir(), "forethought-editor-"));
  const data = join(scratch, "data");
  for (const [scope, values] of [["User", userSettings], ["Machine", settings]]) {
    mkdirSync(join(data, scope), { recursive: true });
    writeFileSync(join(data, scope, "settings.json"), JSON.stringify(values));
  }
  const port = await freePort();
  const { stdout } = await promisify(execFile)(
    tools.start,
    [tools.codeServer, String(port), data, vsix],
    { env: { ...process.env, ...environment, ...(trust ? { TRUST: "workspace" } : {}) } },
  );
  const group = Number(stdout.trim());
  let browser;
  const stop = () => endGroup(group);
  process.once("exit", stop);
  try {
    browser = await chromium.launch({ executablePath: tools.chromium, headless: true, args: browserArguments });
    const page = await browser.newPage({ viewport: { width: 1180, height: 720 } });
    try {
      const payload = [["openFile", `vscode-remote://127.0.0.1:${port}${join(workspace, file)}`]];
      const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
      await page.goto(`http://127.0.0.1:${port}/?${query}`, { waitUntil: "domcontentloaded" });
      await activeFile(page, file, 120_000);
      await use(page);
    } catch (error) {
      await page.screenshot({ path: failureShot });
      throw error;
    }
  } finally {
    await browser?.close();
    stop();
    process.off("exit", stop);
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** Brings a file that is open already to the front. */
export async function showFile(page, name) {
  await page.locator(`.tabs-container .tab[data-resource-name="${name}"]`).click({ timeout: 30_000 });
  await activeFile(page, name);
}

/** Waits until `name` is the file that the active editor shows. */
export async function activeFile(page, name, timeout = 30_000) {
  await page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`).waitFor({ timeout });
  await page.locator(".editor-group-container.active .view-lines .view-line").first().waitFor({ timeout });
}

/** The place where a word stands in the active editor, as a locator. */
export function word(page, text, index = 0) {
  const exact = new RegExp(`^\\s*${text}\\s*$`);
  return page.locator(".editor-group-container.active .view-line span span", { hasText: exact }).nth(index);
}

/** Hovers over a word until Forethought's hover with this text shows. Throws when it never does. */
export async function hover(page, target, expected, tries = 8) {
  const shown = page.locator(".monaco-hover:visible", { hasText: "Forethought" }).filter({ hasText: expected }).first();
  for (let attempt = 0; attempt < tries; attempt++) {
    await page.mouse.move(700, 560);
    await target.hover();
    const found = await shown.waitFor({ timeout: 4000 }).then(() => true, () => false);
    if (found) return await shown.innerText();
  }
  throw new Error(`No hover of Forethought's with ${expected} in ${tries} tries.`);
}

export async function statusIs(page, state, timeout = 180_000) {
  await page.locator(".statusbar-item", { hasText: `Forethought: ${state}` }).waitFor({ timeout });
}

/** Clicks the status item and chooses from its menu. `null` leaves the menu open. */
export async function chooseFromStatus(page, choice) {
  await page.locator(".statusbar-item", { hasText: "Forethought:" }).click();
  const row = page.locator(".quick-input-list .monaco-list-row", { hasText: choice ?? "Open the log" }).first();
  if (choice === null) await row.waitFor({ timeout: 30_000 });
  else await pick(row);
}

export async function runCommand(page, title) {
  await page.keyboard.press("F1");
  const input = page.locator(".quick-input-widget input").first();
  await input.waitFor();
  await input.fill(`>Forethought: ${title}`);
  await pick(page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first());
}

/** “Ask about this symbol” from the editor's context menu, with a question typed. */
export async function ask(page, target, question) {
  await target.click({ button: "right" });
  const box = page.locator(".quick-input-widget input").first();
  // A menu ignores what is clicked in its first moments.
  for (let attempt = 0; attempt < 5 && !(await box.isVisible()); attempt++) {
    await page.locator(".context-view .action-label", { hasText: "Ask about this symbol" }).click({ timeout: 30_000 });
    await box.waitFor({ timeout: 1500 }).catch(() => undefined);
  }
  await box.fill(question);
  await page.keyboard.press("Enter");
}

export function answerView(page) {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}

/** The last exchange of the answer view. */
export function lastAnswer(page) {
  return answerView(page).locator("article").last();
}

/** Chooses a row of a list that may still be filling, which loses what is clicked meanwhile. */
async function pick(row) {
  await row.waitFor({ timeout: 30_000 });
  for (let attempt = 0; attempt < 10 && (await row.isVisible()); attempt++) {
    await row.click({ timeout: 3000 }).catch(() => undefined);
    await row.waitFor({ state: "hidden", timeout: 3000 }).catch(() => undefined);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function endGroup(group) {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
