/** The status item and the menu behind it. */

import * as vscode from "vscode";
import { labelOf } from "./answers";
import type { Server } from "./server";
import { describe, type Condition } from "./statusText";

export const menuCommand = "forethought.client.menu";

interface Choice extends vscode.QuickPickItem {
  command?: string;
}

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("forethought.status", vscode.StatusBarAlignment.Right, 100);
  private readonly following: vscode.Disposable;

  constructor(private readonly server: Server) {
    this.item.name = "Forethought";
    this.item.command = menuCommand;
    this.following = server.onDidChange((condition) => this.draw(condition));
    this.draw(server.condition);
    this.item.show();
  }

  /** Offers the actions that fit the current state, and runs the chosen one. */
  async showMenu(): Promise<void> {
    const { condition } = this.server;
    const told = describe(condition, labelOf);
    const chosen = await vscode.window.showQuickPick<Choice>(choices(condition), {
      title: `Forethought: ${told.heading.toLowerCase()}`,
      placeHolder: told.lines[0] ?? "",
    });
    if (chosen?.command) await vscode.commands.executeCommand(chosen.command);
  }

  dispose(): void {
    this.following.dispose();
    this.item.dispose();
  }

  private draw(condition: Condition): void {
    const told = describe(condition, labelOf);
    this.item.text = told.text;
    this.item.tooltip = tooltip(told.heading, told.lines);
    this.item.backgroundColor = told.warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.accessibilityInformation = { label: [`Forethought: ${told.heading}`, ...told.lines].join(". ") };
  }
}

function choices(condition: Condition): Choice[] {
  const log: Choice = { label: "$(output) Open the log", command: "forethought.client.openLog" };
  const restart: Choice = { label: "$(debug-restart) Restart the server", command: "forethought.client.restart" };
  if (condition.kind === "missing") {
    return [
      { label: "$(terminal) Install from a checkout…", command: "forethought.client.install" },
      { label: "$(gear) Set path", command: "forethought.client.setPath" },
      { label: "$(search) Look again", command: "forethought.client.restart" },
      log,
    ];
  }
  if (condition.kind !== "running") return [restart, log];
  const paused = condition.status?.state === "paused";
  const thinking = condition.status?.state === "thinking";
  return [
    ...(paused
      ? [{ label: "$(debug-start) Resume thinking", command: "forethought.client.resume" }]
      : [
          { label: "$(debug-pause) Pause thinking", command: "forethought.client.pause" },
          { label: "$(clock) Pause for 1 hour", command: "forethought.client.pauseHour" },
        ]),
    ...(thinking ? [{ label: "$(debug-stop) Cancel the current pass", command: "forethought.client.cancel" }] : []),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(comment-discussion) Ask about this symbol", command: "forethought.client.ask" },
    { label: "$(json) Show what is known about this symbol", command: "forethought.client.showContext" },
    { label: "$(history) Show what changed while you were away", command: "forethought.client.digest" },
    { label: "$(file) Think about this file", command: "forethought.client.thinkFile" },
    { label: "$(folder) Think about the workspace", command: "forethought.client.thinkWorkspace" },
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    log,
    restart,
  ];
}

function tooltip(heading: string, lines: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString("**Forethought:** ");
  text.appendText(heading.toLowerCase());
  for (const line of lines) {
    text.appendMarkdown("\n\n");
    text.appendText(line);
  }
  return text;
}
