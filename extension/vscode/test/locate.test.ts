import assert from "node:assert/strict";
import { test } from "node:test";
import { locateServer, type Surroundings } from "../src/locate";

const linux = {
  platform: "linux", home: "/home/ada", configured: "", trusted: true, folders: ["/code/app"], searchPath: "/usr/bin",
} as const;

async function check(around: Partial<Surroundings>, programs: string[], expected: string): Promise<void> {
  const isProgram = async (file: string): Promise<boolean> => programs.includes(file);
  const located = await locateServer({ ...linux, ...around, isProgram });
  const told = located.kind === "found" ? `${located.origin} ${located.command}` : `missing: ${located.reason}`;
  assert.ok(told.startsWith(expected), told);
}

const workspaceProgram = "/code/app/.venv/bin/forethought";
const pathProgram = "/usr/bin/forethought";

test("the setting comes first", () =>
  check({ configured: "/opt/f" }, ["/opt/f", workspaceProgram, pathProgram], "setting /opt/f"));
test("a setting may start with the home folder", () => check({ configured: "~/f" }, ["/home/ada/f"], "setting /home/ada/f"));
test("a setting that does not work is reported, not skipped", () =>
  check({ configured: "/opt/f" }, [workspaceProgram, pathProgram], "missing: forethought.server.path is “/opt/f”, which is not"));
test("a relative setting is refused", () => check({ configured: "bin/f" }, ["bin/f", pathProgram], "missing: forethought.server.path is “bin/f”; it must"));
test("a trusted workspace's environment comes before PATH", () =>
  check({}, [workspaceProgram, pathProgram], `workspace ${workspaceProgram}`));
test("venv is an environment as well", () =>
  check({}, ["/code/app/venv/bin/forethought"], "workspace /code/app/venv/bin/forethought"));
test("every folder of the workspace is searched", () =>
  check({ folders: ["/code/other", "/code/app"] }, [workspaceProgram], `workspace ${workspaceProgram}`));
test("an untrusted workspace's environment is never run", () =>
  check({ trusted: false }, [workspaceProgram, pathProgram], `path ${pathProgram}`));
test("an untrusted workspace cannot come in through PATH", () =>
  check({ trusted: false, searchPath: "/code/app/bin:/code/app" }, ["/code/app/bin/forethought", "/code/app/forethought"],
    "missing: The forethought server is not on PATH"));
test("a sibling whose name starts like the untrusted folder is not part of it", () =>
  check({ trusted: false, searchPath: "/code/app2" }, ["/code/app2/forethought"], "path /code/app2/forethought"));
test("relative and empty entries of PATH are skipped", () =>
  check({ searchPath: ":.:bin:/usr/bin" }, ["forethought", "bin/forethought", pathProgram], `path ${pathProgram}`));
test("a missing server is reported in a sentence", () =>
  check({}, [], "missing: The forethought server is neither in the workspace's environment ("));
test("Windows keeps programs in Scripts", () =>
  check({ platform: "win32", folders: ["C:\\app"], searchPath: "C:\\Windows" }, ["C:\\app\\.venv\\Scripts\\forethought.exe"],
    "workspace C:\\app\\.venv\\Scripts\\forethought.exe"));
test("Windows separates PATH with semicolons", () =>
  check({ platform: "win32", folders: [], searchPath: "C:\\Windows;D:\\tools" }, ["D:\\tools\\forethought.exe"],
    "path D:\\tools\\forethought.exe"));
