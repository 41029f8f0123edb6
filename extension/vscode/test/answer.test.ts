import assert from "node:assert/strict";
import { test } from "node:test";
import { historyOf, provenance, show, type Exchange } from "../src/exchange";
import { renderAnswer } from "../src/markdown";
import type { ChatResult } from "../src/protocol";

const result: ChatResult = {
  id: "a1",
  answer: "`greet` is called by `main`.",
  tier: "facts",
  sources: [{ uri: "file:///w/app.py", range: { start: { line: 6, character: 4 }, end: { line: 6, character: 9 } }, symbol: "main" }],
  state: "live",
  usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, firstTokenMs: 1, totalMs: 12.4 },
  model: null,
};
const exchange: Exchange = {
  id: 1, params: { question: "Who calls greet?" }, about: "greet", state: "answered", text: "", result, error: null, flagged: false,
};

test("markdown is formatted", () => {
  assert.equal(renderAnswer("**a** `b`").trim(), "<p><strong>a</strong> <code>b</code></p>");
});

const hostile = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "![x](https://example.org/leak.png)",
  "[click](command:workbench.action.terminal.new)",
  "[click](javascript:alert(1))",
  "[click](https://example.org)",
  "<https://example.org>",
  "<a href='x' onclick='y'>z</a>",
  "```\"><script>\n</script>\n```",
  "[a]: javascript:x\n\n[a]",
  "&lt;script&gt;",
];
for (const text of hostile) {
  test(`untrusted text stays text: ${JSON.stringify(text)}`, () => {
    const html = renderAnswer(text);
    for (const [tag] of html.matchAll(/<[^>]*>/g)) {
      assert.match(tag, /^<\/?(p|strong|em|code|pre|ul|ol|li|br|hr|blockquote|h[1-6]|table|thead|tbody|tr|th|td)( class="language-[^"<>]*")?( \/)?>$/);
    }
  });
}

test("a link's text is kept", () => assert.match(renderAnswer("see [the docs](https://example.org)"), /see the docs/));

test("the page gets a source's label, never its URI", () => {
  const shown = show(exchange, () => "app.py");
  assert.deepEqual(shown.sources, [{ label: "app.py:7", title: "main" }]);
  assert.ok(!JSON.stringify(shown).includes("file://"));
});

test("an answer of fact cannot be flagged, a predicted one can be flagged and asked again", () => {
  assert.equal(show(exchange, String).canFlag, false);
  const predicted = show({ ...exchange, result: { ...result, tier: "predicted" } }, String);
  assert.ok(predicted.canFlag && predicted.canRefresh);
});

test("the streamed text is shown until the result replaces it", () => {
  assert.match(show({ ...exchange, state: "answering", result: null, text: "`gre" }, String).html, /`gre/);
  assert.match(show({ ...exchange, text: "partial" }, String).html, /<code>main<\/code>/);
});

test("the provenance names tier, model, staleness and time", () => {
  assert.equal(provenance(result, "q"), "facts · 12 ms");
  const usage = { ...result.usage, completionTokens: 40, totalMs: 1234 };
  assert.equal(
    provenance({ ...result, tier: "enriched", model: "m (demo model)", state: "stale", usage }, "q"),
    "enriched · m (demo model) · from an older version of the code · 1.2 s · 40 tokens",
  );
});

test("the matched question is named if it differs from the one asked", () => {
  const predicted: ChatResult = { ...result, tier: "predicted", matchedQuestion: "What does `greet` do?" };
  assert.equal(provenance(predicted, "What does greet do?"), "predicted · 12 ms");
  assert.equal(provenance(predicted, "What is greet for?"), "predicted · for “What does greet do?” · 12 ms");
});

test("the readings to choose from are shown as plain text", () => {
  const unsure: ChatResult = { ...result, tier: "none", readings: [{ text: "callers of `f`", question: "Who calls `f`?" }] };
  assert.deepEqual(show({ ...exchange, result: unsure }, String).readings, [
    { text: "callers of f", question: "Who calls `f`?" },
  ]);
  assert.deepEqual(show(exchange, String).readings, []);
});

test("the history holds answered exchanges, the newest last", () => {
  const others = [1, 2, 3, 4].map((id) => ({ ...exchange, id, params: { question: `q${id}` } }));
  const failed = { ...exchange, id: 5, state: "failed" as const };
  assert.deepEqual(historyOf([...others, failed], 2).map(({ content }) => content), ["q3", result.answer, "q4", result.answer]);
});
