/** The language server: finds, starts, restarts and stops it, and follows its status. */

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  DidChangeConfigurationNotification,
  ExecuteCommandRequest,
  LanguageClient,
  State,
  WorkDoneProgress,
  WorkDoneProgressCancelNotification,
  type ExecuteCommandSignature,
  type LanguageClientOptions,
  type ProgressToken,
  type StaticFeature,
  type WorkDoneProgressReport,
} from "vscode-languageclient/node";
import { languagesWithServer } from "./languageServers";
import { locateServer } from "./locate";
import type { StatusDocument } from "./protocol";
import { RestartQueue } from "./restartQueue";
import { chosenSettings } from "./settings";
import type { Condition } from "./statusText";

const stopMilliseconds = 3000;

/** The documents to synchronize: any language, since a user's own grammars may add one. */
export const documentSelector = [{ scheme: "file" }, { scheme: "untitled" }];

/** Shows the references at a position; the server's code lenses call it with a URI and an LSP position. */
export const referencesCommand = "forethought.client.showReferences";

/** Tells the server that this client reports other language servers, and how it shows references. */
const navigation: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    const own = { languageServers: true, showReferences: referencesCommand };
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), forethought: own };
  },
  initialize: () => {},
  getState: () => ({ kind: "static" }),
  clear: () => {},
};

/** Handles a server command in the editor; `undefined` means that the server should handle it. */
export type LocalCommand = (command: string, args: unknown[]) => Promise<unknown> | undefined;

export class Server implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Condition>();
  private readonly queue = new RestartQueue(() => this.replace());
  private readonly passes = new Set<ProgressToken>();
  private client: LanguageClient | undefined;
  private current: Condition = { kind: "starting" };
  private disposed = false;
  /** The last error message that the server printed before it stopped. */
  private lastWords = "";

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly settingKeys: readonly string[],
    private readonly localCommand: LocalCommand,
  ) {}

  get condition(): Condition {
    return this.current;
  }

  /** Starts or restarts the server. Calls in quick succession become one. */
  restart(): Promise<void> {
    return this.queue.request();
  }

  /** The running server's client. Throws an Error with a user-facing message if there is none. */
  running(): LanguageClient {
    if (this.client?.isRunning()) return this.client;
    const { current } = this;
    throw new Error("reason" in current ? current.reason : "The Forethought server is still starting; try again in a moment.");
  }

  /** Runs a command of the server. */
  async execute<Result>(command: string, argument?: unknown): Promise<Result> {
    const params = { command, arguments: argument === undefined ? [] : [argument] };
    return await this.running().sendRequest<Result>(ExecuteCommandRequest.method, params);
  }

  /** Runs a long command and reports its progress. If canceled, the result says what was done so far. */
  async executeLong<Result>(
    command: string, argument: unknown, report: (progress: WorkDoneProgressReport) => void, cancel: vscode.CancellationToken,
  ): Promise<Result> {
    const client = this.running();
    const token = randomUUID();
    const params = { command, arguments: argument === undefined ? [] : [argument], workDoneToken: token };
    const following = [
      client.onProgress(WorkDoneProgress.type, token, (progress) => {
        if (progress.kind === "report") report(progress);
      }),
      cancel.onCancellationRequested(() => void client.sendNotification(WorkDoneProgressCancelNotification.type, { token })),
    ];
    try {
      return await client.sendRequest<Result>(ExecuteCommandRequest.method, params);
    } finally {
      for (const part of following) part.dispose();
    }
  }

  /** Tells the server which document the user is looking at; it is thought about first. */
  async focus(document: vscode.TextDocument): Promise<void> {
    if (document.uri.scheme !== "file" || !this.client?.isRunning()) return;
    await this.client.sendNotification("forethought/didFocus", {
      textDocument: { uri: this.client.code2ProtocolConverter.asUri(document.uri) },
    });
  }

  /** Tells the server for which languages there is another server; it leaves navigation in these to it. */
  async reportLanguageServers(): Promise<void> {
    if (!this.client?.isRunning()) return;
    const languages = languagesWithServer(vscode.extensions.all.map(({ id }) => id));
    await this.client.sendNotification("forethought/didChangeLanguageServers", { languages });
  }

  /** Cancels the running passes. Returns how many there were. */
  async cancelPasses(): Promise<number> {
    const client = this.running();
    const tokens = [...this.passes];
    for (const token of tokens) await client.sendNotification(WorkDoneProgressCancelNotification.type, { token });
    return tokens.length;
  }

  /** Stops the server, and waits a few seconds for it. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.passes.clear();
    if (!client) return;
    try {
      await client.dispose(stopMilliseconds);
    } catch (error) {
      this.log.warn(`The server did not shut down cleanly: ${messageOf(error)}`);
    }
  }

  dispose(): void {
    this.disposed = true;
    this.changed.dispose();
  }

  private async replace(): Promise<void> {
    await this.stop();
    if (this.disposed) return;
    const located = await locateServer({
      platform: process.platform,
      home: homedir(),
      configured: vscode.workspace.getConfiguration("forethought").get<string>("server.path", "").trim(),
      trusted: vscode.workspace.isTrusted,
      folders: (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath),
      searchPath: process.env["PATH"] ?? process.env["Path"] ?? "",
      isProgram,
    });
    if (located.kind === "missing") {
      this.log.warn(located.reason);
      this.become(located);
      return;
    }
    this.log.info(`Starting ${located.command} serve (found in: ${located.origin}).`);
    this.lastWords = "";
    this.become({ kind: "starting" });
    const client = new LanguageClient(
      "forethought",
      "Forethought",
      { command: located.command, args: ["serve", "--stdio"] },
      this.clientOptions(),
    );
    this.client = client;
    client.registerFeature(navigation);
    client.onNotification("forethought/didChangeStatus", (status: StatusDocument) => this.report(client, status));
    client.onDidChangeState(({ newState }) => this.followState(client, newState));
    try {
      await client.start();
      await this.reportLanguageServers();
      this.report(client, await client.sendRequest<StatusDocument>("forethought/status", {}));
    } catch (error) {
      this.log.error(`The server at ${located.command} did not start: ${messageOf(error)}`);
      if (this.client === client) {
        this.become({ kind: "stopped", reason: this.lastWords || `The server did not start: ${messageOf(error)}` });
      }
    }
  }

  private followState(client: LanguageClient, state: State): void {
    if (this.client !== client) return;
    if (state === State.Starting) this.become({ kind: "starting" });
    if (state === State.Stopped) {
      this.passes.clear();
      this.become({ kind: "stopped", reason: this.lastWords || "The server stopped. See the log." });
    }
  }

  private report(client: LanguageClient, status: StatusDocument): void {
    if (this.client === client) this.become({ kind: "running", status });
  }

  private become(condition: Condition): void {
    this.current = condition;
    if (!this.disposed) this.changed.fire(condition);
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector,
      outputChannel: this.log,
      stdioOptions: { stdout: (stream) => this.listen(stream), stderr: (stream) => this.listen(stream) },
      initializationOptions: () => this.settings(),
      markdown: { isTrusted: false, supportHtml: false },
      synchronize: { configurationSection: "forethought" },
      middleware: {
        executeCommand: (command: string, args: unknown[], next: ExecuteCommandSignature) =>
          this.localCommand(command, args) ?? next(command, args),
        handleWorkDoneProgress: (token, params, next) => {
          if (params.kind === "begin") this.passes.add(token);
          if (params.kind === "end") this.passes.delete(token);
          // The status item shows and cancels passes, so do not show the editor's own progress as well.
          if (params.kind !== "begin") next(token, params);
        },
        workspace: {
          configuration: (params, token, next) =>
            params.items.every((item) => item.section === "forethought")
              ? params.items.map((item) => this.settings(item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined))
              : next(params, token),
          didChangeConfiguration: async () => {
            await this.client?.sendNotification(DidChangeConfigurationNotification.type, {
              settings: { forethought: this.settings() },
            });
          },
        },
      },
    };
  }

  private listen(stream: Readable): void {
    createInterface({ input: stream, crlfDelay: Infinity, historySize: 0 }).on("line", (line) => {
      this.log.info(line);
      if (line.startsWith("forethought: ")) this.lastWords = line.slice("forethought: ".length);
    });
  }

  private settings(scope?: vscode.Uri): Record<string, unknown> {
    const configuration = vscode.workspace.getConfiguration("forethought", scope);
    return chosenSettings(this.settingKeys, (key) => configuration.inspect(key));
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Missing, or not executable: keep looking.
    return false;
  }
}
