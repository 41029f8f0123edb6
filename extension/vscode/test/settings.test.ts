import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chosenSettings } from "../src/settings";

test("only settings that were set have a value, so that defaults do not override the user's own config", () => {
  const values: Record<string, object> = {
    "hover.enabled": { defaultValue: true, globalValue: false },
    "hover.content": { defaultValue: "auto" },
    "sleep.scope": { defaultValue: "auto", globalValue: "all", workspaceValue: "open" },
    "server.path": { globalValue: "/opt/forethought" },
  };
  assert.deepEqual(chosenSettings(Object.keys(values), (key) => values[key]), {
    hover: { enabled: false, content: null },
    sleep: { scope: "open" },
  });
});

test("settings that a workspace may not choose have machine scope and are restricted", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  for (const key of ["server.path", "engine", "model.path", "openai.baseUrl", "openai.model", "cache.directory"]) {
    assert.equal(manifest.contributes.configuration.properties[`forethought.${key}`].scope, "machine", key);
    assert.ok(restricted.includes(`forethought.${key}`), key);
  }
});

test("no command of the editor has the name of a command of the server", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  for (const { command } of manifest.contributes.commands) assert.match(command, /^forethought\.client\./);
});
