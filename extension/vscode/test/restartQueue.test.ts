import assert from "node:assert/strict";
import { test } from "node:test";
import { RestartQueue } from "../src/restartQueue";

test("a burst of requests becomes the current run and one more", async () => {
  let runs = 0;
  let overlapping = 0;
  const queue = new RestartQueue(async () => {
    assert.equal(overlapping++, 0);
    await new Promise((resolve) => setImmediate(resolve));
    overlapping--;
    runs++;
  });
  await Promise.all([queue.request(), queue.request(), queue.request(), queue.request()]);
  assert.equal(runs, 2);
  await queue.request();
  assert.equal(runs, 3);
});

test("a failing run does not lose a request that arrived meanwhile", async () => {
  let runs = 0;
  const queue = new RestartQueue(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    if (++runs === 1) throw new Error("first");
  });
  await Promise.all([queue.request(), queue.request()]);
  assert.equal(runs, 2);
});

test("the last run's failure is reported", async () => {
  await assert.rejects(new RestartQueue(async () => Promise.reject(new Error("no"))).request(), /no/);
});
