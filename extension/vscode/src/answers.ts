/** The answer view: questions, streamed answers and their sources. The page only displays; all logic is here. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { LSPErrorCodes, ProgressType, ResponseError } from "vscode-languageclient/node";
import { historyOf, show, type Exchange, type FromPage, type ToPage } from "./exchange";
import type { ChatParams, ChatResult, Source } from "./protocol";
import { messageOf, type Server } from "./server";

const viewId = "forethought.answers";
const redrawMilliseconds = 50;
const exchangesKept = 50;
const delta = new ProgressType<{ delta: string }>();

export class Answers implements vscode.WebviewViewProvider, vscode.Disposable {
  private exchanges: Exchange[] = [];
  private readonly running = new Map<number, vscode.CancellationTokenSource>();
  private readonly redraws = new Map<number, NodeJS.Timeout>();
  private view: vscode.WebviewView | undefined;
  private nextId = 1;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Asks the server, streams the answer into the view, and returns the result; null if it failed or was canceled. */
  async ask(params: ChatParams, about: string | null = null): Promise<ChatResult | null> {
    const exchange: Exchange = {
      id: this.nextId++, params, about, state: "waiting", text: "", result: null, error: null, flagged: false,
    };
    const history = historyOf(this.exchanges);
    this.exchanges = [...this.exchanges, exchange].slice(-exchangesKept);
    await this.reveal();
    this.draw(exchange);
    const cancel = new vscode.CancellationTokenSource();
    this.running.set(exchange.id, cancel);
    try {
      exchange.result = await this.request({ ...params, history }, exchange, cancel.token);
      exchange.state = "answered";
    } catch (error) {
      const cancelled = error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled;
      exchange.state = cancelled || cancel.token.isCancellationRequested ? "cancelled" : "failed";
      exchange.error = exchange.state === "failed" ? messageOf(error) : null;
      if (exchange.error) this.log.error(`A question was not answered: ${exchange.error}`);
    } finally {
      this.running.delete(exchange.id);
      cancel.dispose();
      this.draw(exchange);
    }
    return exchange.result;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const media = vscode.Uri.joinPath(this.extension, "media");
    const dist = vscode.Uri.joinPath(this.extension, "dist");
    view.webview.options = { enableScripts: true, enableCommandUris: false, localResourceRoots: [media, dist] };
    view.webview.onDidReceiveMessage((message: FromPage) => void this.receive(message));
    view.onDidDispose(() => {
      this.view = undefined;
    });
    view.webview.html = page(
      view.webview,
      view.webview.asWebviewUri(vscode.Uri.joinPath(dist, "page.js")),
      view.webview.asWebviewUri(vscode.Uri.joinPath(media, "answers.css")),
    );
  }

  dispose(): void {
    for (const cancel of this.running.values()) cancel.cancel();
    for (const timer of this.redraws.values()) clearTimeout(timer);
  }

  private async request(params: ChatParams, exchange: Exchange, token: vscode.CancellationToken): Promise<ChatResult> {
    const client = this.server.running();
    const partialResultToken = `forethought-answer-${exchange.id}-${randomBytes(8).toString("hex")}`;
    const progress = client.onProgress(delta, partialResultToken, (part) => {
      exchange.text += part.delta;
      exchange.state = "answering";
      this.drawSoon(exchange);
    });
    try {
      return await client.sendRequest<ChatResult>("forethought/chat", { ...params, partialResultToken }, token);
    } finally {
      progress.dispose();
    }
  }

  private async receive(message: FromPage): Promise<void> {
    if (message.type === "ready") {
      for (const exchange of this.exchanges) this.draw(exchange);
      return;
    }
    if (message.type === "ask") {
      const editor = vscode.window.activeTextEditor;
      await this.ask({ question: String(message.question), ...(editor ? placeOf(editor) : {}) });
      return;
    }
    const exchange = this.exchanges.find(({ id }) => id === message.id);
    if (!exchange) return;
    if (message.type === "cancel") {
      this.running.get(exchange.id)?.cancel();
    } else if (message.type === "refresh") {
      await this.ask({ ...exchange.params, fresh: true }, exchange.about);
    } else if (message.type === "open") {
      const source = exchange.result?.sources[message.source];
      if (source) await openSource(source);
    } else if (message.type === "wrong" && exchange.result) {
      await this.server.running().sendNotification("forethought/feedback", { id: exchange.result.id, verdict: "wrong" });
      exchange.flagged = true;
      this.draw(exchange);
    }
  }

  private async reveal(): Promise<void> {
    if (this.view) this.view.show(true);
    else await vscode.commands.executeCommand(`${viewId}.focus`);
  }

  private drawSoon(exchange: Exchange): void {
    if (this.redraws.has(exchange.id)) return;
    this.redraws.set(exchange.id, setTimeout(() => this.draw(exchange), redrawMilliseconds));
  }

  private draw(exchange: Exchange): void {
    clearTimeout(this.redraws.get(exchange.id));
    this.redraws.delete(exchange.id);
    const message: ToPage = { type: "show", exchange: show(exchange, labelOf) };
    void this.view?.webview.postMessage(message);
  }
}

/** The file and cursor position of an editor, as parameters for the server. */
export function placeOf(editor: vscode.TextEditor): Pick<ChatParams, "textDocument" | "position"> {
  const { line, character } = editor.selection.active;
  return { textDocument: { uri: editor.document.uri.toString() }, position: { line, character } };
}

/** A URI for display: relative to its workspace folder. */
export function labelOf(uri: string): string {
  return vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
}

async function openSource(source: Source): Promise<void> {
  const { start, end } = source.range;
  const selection = new vscode.Range(start.line, start.character, end.line, end.character);
  try {
    await vscode.window.showTextDocument(vscode.Uri.parse(source.uri), { selection, preview: true });
  } catch (error) {
    void vscode.window.showWarningMessage(`Forethought: ${labelOf(source.uri)} cannot be opened: ${messageOf(error)}`);
  }
}

function page(webview: vscode.Webview, script: vscode.Uri, style: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style.toString()}">
<title>Forethought</title>
</head>
<body>
<main id="exchanges" aria-live="polite"></main>
<p id="hint">Put the cursor on a name and choose “Ask about this symbol”, or ask here about the open file.</p>
<form id="ask"><textarea id="question" rows="2" placeholder="Ask about the code…" aria-label="Question"></textarea><button type="submit">Ask</button></form>
<script nonce="${nonce}" src="${script.toString()}"></script>
</body>
</html>`;
}
