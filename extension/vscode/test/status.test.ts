import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusDocument } from "../src/protocol";
import { describe } from "../src/statusText";

const status: StatusDocument = {
  state: "thinking",
  message: "",
  roots: [{
    uri: "file:///w",
    files: { indexed: 10, total: 12 },
    contexts: { fresh: 3, stale: 1, missing: 4, empty: 1, failed: 0 },
  }],
  queue: 5,
  next: [{ uri: "file:///w/app.py", symbol: "greet", reason: "open" }],
  estimateMinutes: 7.4,
  current: { uri: "file:///w/app.py", symbol: "main" },
  engine: { kind: "llama", model: "ministral-3b", device: "cpu", loaded: true, remote: false },
};
const label = (uri: string): string => uri.replace("file:///w/", "");

test("the item shows the state; the tooltip shows the queue, and what is next and why", () => {
  const told = describe({ kind: "running", status }, label);
  assert.match(told.text, /Forethought: thinking$/);
  assert.deepEqual(told.lines, [
    "Now: main in app.py",
    "10 of 12 files indexed",
    "3 of 9 symbols in scope thought about, 1 stale, 4 to do",
    "Queue: 5, about 7 min",
    "Next: greet in app.py (open)",
    "Model: ministral-3b, cpu, loaded",
  ]);
});

test("a paused server says why", () => {
  const told = describe({ kind: "running", status: { ...status, state: "paused", pausedReason: "On battery" } }, label);
  assert.match(told.text, /paused/);
  assert.equal(told.lines[0], "On battery");
});

test("a missing and a stopped server are warnings with their reason", () => {
  for (const kind of ["missing", "stopped"] as const) {
    const told = describe({ kind, reason: "because" }, label);
    assert.ok(told.warning);
    assert.deepEqual(told.lines, ["because"]);
  }
});

test("a degraded engine is a warning", () => {
  assert.ok(describe({ kind: "running", status: { ...status, state: "degraded" } }, label).warning);
});

test("without an engine, the status says facts only", () => {
  assert.ok(describe({ kind: "running", status: { ...status, engine: null } }, label).lines.includes("Facts only: no model is in use"));
});
