/** Forethought in VS Code: connects the server, the answer view, the status item and the commands. */

import * as vscode from "vscode";
import { Answers, labelOf, placeOf } from "./answers";
import type { ChatParams, DigestResult, Position, PrecomputeReport } from "./protocol";
import { documentSelector, messageOf, referencesCommand, Server } from "./server";
import { menuCommand, StatusItem } from "./status";

const contextScheme = "forethought-context";
const digestScheme = "forethought-digest";

// VS Code calls `deactivate` without arguments, so what it has to wait for is kept here.
let stopServer: (() => Promise<void>) | undefined;

export async function deactivate(): Promise<void> {
  await stopServer?.();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Forethought", { log: true });
  const server = new Server(log, settingKeys(context), (command, args) => {
    // The server's “Explain” code action names a server command; show the answer in the answer view instead.
    if (command === "forethought.ask" && isQuestion(args[0])) return answers.ask(args[0]);
    if (command === "forethought.showContext") return showContext(server, args[0]);
    return undefined;
  });
  const answers = new Answers(context.extensionUri, server, log);
  const status = new StatusItem(server);
  const contexts = new ShownDocument(contextScheme, "Forethought: what is known.json");
  const digests = new ShownDocument(digestScheme, "Forethought: what changed.md");
  stopServer = () => server.stop();
  context.subscriptions.push(
    log,
    server,
    answers,
    status,
    vscode.window.registerWebviewViewProvider("forethought.answers", answers),
    vscode.workspace.registerTextDocumentContentProvider(contextScheme, contexts),
    vscode.workspace.registerTextDocumentContentProvider(digestScheme, digests),
    vscode.languages.registerCodeActionsProvider(documentSelector, { provideCodeActions: askAction }),
    vscode.window.onDidChangeActiveTextEditor((editor) => void (editor && server.focus(editor.document))),
    vscode.extensions.onDidChange(() => void server.reportLanguageServers()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("forethought.server.path")) void server.restart();
    }),
    server.onDidChange(offerInstallation()),
  );

  const register = (name: string, run: (...args: unknown[]) => Promise<unknown>): void => {
    const guarded = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        log.error(`${name}: ${messageOf(error)}`);
        void vscode.window.showErrorMessage(`Forethought: ${messageOf(error)}`);
        return undefined;
      }
    };
    context.subscriptions.push(vscode.commands.registerCommand(name, guarded));
  };
  register("forethought.client.ask", () => askAboutSymbol(answers));
  register("forethought.client.showContext", () => showContext(server));
  register("forethought.client.digest", () => showDigest(server, digests));
  register(menuCommand, () => status.showMenu());
  register("forethought.client.pause", () => server.execute("forethought.pause"));
  register("forethought.client.pauseHour", () => server.execute("forethought.pause", { minutes: 60 }));
  register("forethought.client.resume", () => server.execute("forethought.resume"));
  register("forethought.client.cancel", () => cancelPasses(server));
  register("forethought.client.thinkFile", () => thinkAboutFile(server));
  register("forethought.client.thinkWorkspace", () => think(server, "the workspace", "forethought.precomputeWorkspace"));
  register("forethought.client.clearCache", () => clearCache(server));
  register("forethought.client.restart", () => server.restart());
  register("forethought.client.openLog", async () => log.show());
  register(referencesCommand, async (uri, position) => {
    const { line, character } = position as Position;
    const at = new vscode.Position(line, character);
    await vscode.commands.executeCommand("editor.action.findReferences", vscode.Uri.parse(uri as string), at);
  });
  register("forethought.client.install", async () => typeInstallCommand(context, server));
  register("forethought.client.setPath", openPathSetting);

  await server.restart();
  if (vscode.window.activeTextEditor) await server.focus(vscode.window.activeTextEditor.document);

  async function showContext(running: Server, argument?: unknown): Promise<void> {
    const params = argument ?? placeOf(editorOrThrow());
    const found = await running.running().sendRequest<unknown>("forethought/context", params);
    if (!found) {
      void vscode.window.showInformationMessage("Forethought knows nothing about the symbol at the cursor.");
      return;
    }
    await vscode.window.showTextDocument(await contexts.open(JSON.stringify(found, null, 2)), { preview: true });
  }
}

/** A read-only virtual document; each new text replaces the last one. */
class ShownDocument implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly uri: vscode.Uri;
  private text = "";

  constructor(scheme: string, title: string) {
    this.uri = vscode.Uri.from({ scheme, path: `/${title}` });
  }

  readonly onDidChange = this.changed.event;

  async open(text: string): Promise<vscode.TextDocument> {
    this.text = text;
    this.changed.fire(this.uri);
    return await vscode.workspace.openTextDocument(this.uri);
  }

  provideTextDocumentContent(): string {
    return this.text;
  }
}

/** Shows what changed while the user was away, as rendered Markdown whose links open the code. */
async function showDigest(server: Server, digests: ShownDocument): Promise<void> {
  const found = await server.running().sendRequest<DigestResult>("forethought/digest", {});
  const document = await digests.open(found.markdown);
  await vscode.commands.executeCommand("markdown.showPreview", document.uri);
}

async function askAboutSymbol(answers: Answers): Promise<void> {
  const editor = editorOrThrow();
  const word = editor.document.getWordRangeAtPosition(editor.selection.active);
  const symbol = word ? editor.document.getText(word) : null;
  const suggestion = symbol ? `What does ${symbol} do?` : "What does this file do?";
  // Read the position before the input box opens: the user may click elsewhere in the meantime.
  const place = placeOf(editor);
  const question = await vscode.window.showInputBox({
    title: symbol ? `Ask about ${symbol}` : `Ask about ${labelOf(editor.document.uri.toString())}`,
    placeHolder: suggestion,
    prompt: "Press Enter to ask the suggested question",
    ignoreFocusOut: true,
  });
  if (question === undefined) return;
  await answers.ask({ question: question.trim() || suggestion, ...place }, symbol);
}

function askAction(
  document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext,
): vscode.CodeAction[] {
  // Only on request: otherwise a light bulb would appear at every name.
  if (context.triggerKind !== vscode.CodeActionTriggerKind.Invoke) return [];
  if (!document.getWordRangeAtPosition(range.start)) return [];
  const action = new vscode.CodeAction("Ask about this symbol", vscode.CodeActionKind.Empty);
  action.command = { command: "forethought.client.ask", title: action.title };
  return [action];
}

async function thinkAboutFile(server: Server): Promise<void> {
  const uri = editorOrThrow().document.uri.toString();
  await think(server, labelOf(uri), "forethought.precomputeFile", { textDocument: { uri } });
}

async function think(server: Server, what: string, command: string, argument?: unknown): Promise<void> {
  const options = {
    location: vscode.ProgressLocation.Notification, cancellable: true, title: `Forethought: thinking about ${what}`,
  };
  await vscode.window.withProgress(options, async (progress, cancel) => {
    let shown = 0;
    const report = await server.executeLong<PrecomputeReport | null>(command, argument, ({ message, percentage }) => {
      const increment = Math.max(0, (percentage ?? shown) - shown);
      shown += increment;
      progress.report({ increment, ...(message ? { message } : {}) });
    }, cancel);
    if (!report?.symbols) return;
    const { computed, reused, failed, remaining } = report.symbols;
    void vscode.window.showInformationMessage(
      `Forethought: ${what}: ${computed} symbols thought about, ${reused} reused, ${failed} failed, ${remaining} remaining.`,
    );
  });
}

async function cancelPasses(server: Server): Promise<void> {
  const cancelled = await server.cancelPasses();
  if (cancelled === 0) void vscode.window.showInformationMessage("Forethought: no pass is running.");
}

async function clearCache(server: Server): Promise<void> {
  const sure = await vscode.window.showWarningMessage(
    "Delete all of Forethought's insights, in every workspace?", { modal: true }, "Delete",
  );
  if (sure) await server.execute("forethought.clearCache");
}

/** Says that no server was found, and what to do about it; only once, until one is found. */
function offerInstallation(): (condition: Server["condition"]) => void {
  let said = false;
  return (condition) => {
    if (condition.kind === "running") said = false;
    if (condition.kind !== "missing" || said) return;
    said = true;
    const buttons = { "Install from a checkout…": "forethought.client.install", "Set path": "forethought.client.setPath" };
    void vscode.window.showWarningMessage(condition.reason, ...Object.keys(buttons)).then((chosen) => {
      if (chosen) void vscode.commands.executeCommand(buttons[chosen as keyof typeof buttons]);
    });
  };
}

function typeInstallCommand(context: vscode.ExtensionContext, server: Server): void {
  const terminal = vscode.window.createTerminal({ name: "Install Forethought" });
  const python = process.platform === "win32" ? "py" : "python3";
  terminal.show();
  // Typed, not run: what to install, and into which environment, is the user's decision. A path, never the bare name:
  // Forethought is not on the package index, so anyone could own that name there.
  terminal.sendText(`${python} -m pip install ./forethought`, false);
  const closed = vscode.window.onDidCloseTerminal((ended) => {
    if (ended !== terminal) return;
    closed.dispose();
    void server.restart();
  });
  context.subscriptions.push(closed);
}

async function openPathSetting(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", "forethought.server.path");
}

function editorOrThrow(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (!editor) throw new Error("No file is open; open one and put the cursor on a name.");
  return editor;
}

function isQuestion(value: unknown): value is ChatParams {
  return typeof value === "object" && value !== null && typeof (value as ChatParams).question === "string";
}

function settingKeys(context: vscode.ExtensionContext): string[] {
  const properties = context.extension.packageJSON.contributes.configuration.properties as Record<string, unknown>;
  return Object.keys(properties).map((key) => key.replace(/^forethought\./, ""));
}
