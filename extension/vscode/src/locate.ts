/** Finds the server's program. Pure: the caller describes the machine. */

import { posix, win32 } from "node:path";

export type Located =
  | { kind: "found"; command: string; origin: "setting" | "workspace" | "path" }
  | { kind: "missing"; reason: string };

export interface Surroundings {
  platform: NodeJS.Platform;
  home: string;
  /** The setting `forethought.server.path`; empty when not set. */
  configured: string;
  /** Whether the user trusts the workspace: only then may a program inside it be run. */
  trusted: boolean;
  /** The workspace's folders, absolute. */
  folders: readonly string[];
  /** The environment's PATH. */
  searchPath: string;
  isProgram(file: string): Promise<boolean>;
}

/** Looks in the setting, the trusted workspace's environment, then PATH. A setting that does not work is an error; it is never skipped. */
export async function locateServer(around: Surroundings): Promise<Located> {
  if (around.configured) return locateConfigured(around);
  const path = pathsOf(around.platform);
  const name = around.platform === "win32" ? "forethought.exe" : "forethought";
  const programs = around.platform === "win32" ? "Scripts" : "bin";
  if (around.trusted) {
    for (const folder of around.folders) {
      for (const environment of [".venv", "venv"]) {
        const command = path.join(folder, environment, programs, name);
        if (await around.isProgram(command)) return { kind: "found", command, origin: "workspace" };
      }
    }
  }
  for (const entry of around.searchPath.split(path.delimiter)) {
    // A relative entry would resolve to the workspace; so would one inside it.
    if (!path.isAbsolute(entry)) continue;
    if (!around.trusted && around.folders.some((folder) => isInside(path, folder, entry))) continue;
    const command = path.join(entry, name);
    if (await around.isProgram(command)) return { kind: "found", command, origin: "path" };
  }
  const where = around.trusted ? "neither in the workspace's environment (.venv, venv) nor on PATH" : "not on PATH";
  const hint = around.trusted ? "" : " The workspace's own environment is ignored until you trust the workspace.";
  return { kind: "missing", reason: `The forethought server is ${where}.${hint}` };
}

async function locateConfigured(around: Surroundings): Promise<Located> {
  const path = pathsOf(around.platform);
  const command = around.configured.replace(/^~(?=[/\\])/, () => around.home);
  if (!path.isAbsolute(command)) {
    return { kind: "missing", reason: `forethought.server.path is “${around.configured}”; it must be an absolute path.` };
  }
  if (await around.isProgram(command)) return { kind: "found", command, origin: "setting" };
  return { kind: "missing", reason: `forethought.server.path is “${around.configured}”, which is not an executable file.` };
}

function pathsOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

function isInside(path: typeof posix, folder: string, entry: string): boolean {
  const relative = path.relative(folder, entry);
  return relative === "" || (relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}
