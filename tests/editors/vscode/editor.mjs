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
 * Opens `workspace` in a fresh code-server, calls `use(page)`, and ends every process, also when `use` fails.
 * `settings` are of machine scope; `trust` keeps workspace trust on, with nothing trusted.
 */
export async function withEditor({ tools, vsix, workspace, settings = {}, environment = {}, trust = false, failureShot }, use) {
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
      await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`, { waitUntil: "domcontentloaded" });
      await page.locator(".monaco-workbench").waitFor({ timeout: 90_000 });
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

export async function openFile(page, name) {
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).first().dblclick({ timeout: 60_000 });
  await activeFile(page, name);
}

/** Waits until `name` is the file that the active editor shows. */
export async function activeFile(page, name) {
  await page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`).waitFor({ timeout: 30_000 });
  await page.locator(".editor-group-container.active .view-lines .view-line").first().waitFor({ timeout: 30_000 });
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

export async function statusIs(page, state, timeout = 60_000) {
  await page.locator(".statusbar-item", { hasText: `Forethought: ${state}` }).waitFor({ timeout });
}

/** Clicks the status item and chooses from its menu. `null` leaves the menu open. */
export async function chooseFromStatus(page, choice) {
  await page.locator(".statusbar-item", { hasText: "Forethought:" }).click();
  const row = page.locator(".quick-input-list .monaco-list-row", { hasText: choice ?? "Open the log" }).first();
  await row.waitFor({ timeout: 15_000 });
  if (choice !== null) await row.click();
}

export async function runCommand(page, title) {
  await page.keyboard.press("F1");
  const input = page.locator(".quick-input-widget input").first();
  await input.waitFor();
  await input.fill(`>Forethought: ${title}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click();
}

/** “Ask about this symbol” from the editor's context menu, with a question typed. */
export async function ask(page, target, question) {
  await target.click({ button: "right" });
  const box = page.locator(".quick-input-widget input").first();
  // A menu ignores what is clicked in its first moments.
  for (let attempt = 0; attempt < 5 && !(await box.isVisible()); attempt++) {
    await page.locator(".context-view .action-label", { hasText: "Ask about this symbol" }).click({ timeout: 15_000 });
    await box.waitFor({ timeout: 1500 }).catch(() => undefined);
  }
  await box.fill(question);
  await page.keyboard.press("Enter");
}

/** The last exchange of the answer view. */
export function lastAnswer(page) {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame").locator("article").last();
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
