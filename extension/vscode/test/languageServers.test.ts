import assert from "node:assert/strict";
import { test } from "node:test";
import { languagesWithServer } from "../src/languageServers";

test("each language with another server is listed once, whatever the spelling of the extension", () => {
  assert.deepEqual(languagesWithServer(["golang.Go", "ms-python.python", "ms-python.vscode-pylance", "a.theme"]), [
    "go", "python",
  ]);
  assert.deepEqual(languagesWithServer([]), []);
});
