/** A question with its answer, and how the answer page displays it. Pure. */

import { renderAnswer } from "./markdown";
import type { ChatParams, ChatResult, Message } from "./protocol";

export interface Exchange {
  id: number;
  params: ChatParams;
  /** The symbol asked about, for the heading. */
  about: string | null;
  state: "waiting" | "answering" | "answered" | "cancelled" | "failed";
  text: string;
  result: ChatResult | null;
  error: string | null;
  flagged: boolean;
}

/** What the page needs to know about an exchange: only text, and HTML from `renderAnswer`. */
export interface ShownExchange {
  id: number;
  question: string;
  about: string | null;
  state: Exchange["state"];
  html: string;
  error: string | null;
  sources: { label: string; title: string }[];
  /** Questions to choose from, as the server understands them without doubt. */
  readings: { text: string; question: string }[];
  line: string;
  canFlag: boolean;
  canRefresh: boolean;
  flagged: boolean;
}

export interface ToPage {
  type: "show";
  exchange: ShownExchange;
}

export type FromPage =
  | { type: "ready" }
  | { type: "ask"; question: string }
  | { type: "open"; id: number; source: number }
  | { type: "cancel" | "wrong" | "refresh"; id: number };

/** `label` turns a URI into a path for display, e.g. `app/views.py`. */
export function show(exchange: Exchange, label: (uri: string) => string): ShownExchange {
  const { result } = exchange;
  return {
    id: exchange.id,
    question: exchange.params.question,
    about: exchange.about && !exchange.params.question.includes(exchange.about) ? exchange.about : null,
    state: exchange.state,
    html: renderAnswer(result?.answer ?? exchange.text),
    error: exchange.error,
    sources: (result?.sources ?? []).map((source) => ({
      label: `${label(source.uri)}:${source.range.start.line + 1}`,
      title: source.symbol,
    })),
    readings: (result?.readings ?? []).map(({ text, question }) => ({ text: text.replaceAll("`", ""), question })),
    line: result ? provenance(result, exchange.params.question) : "",
    canFlag: result !== null && result.tier !== "facts" && result.tier !== "none",
    canRefresh: result !== null && result.tier === "predicted",
    flagged: exchange.flagged,
  };
}

/** How an answer was made, in one line: tier, model, staleness, the matched question if it differs from the one asked, and time. */
export function provenance(result: ChatResult, asked: string): string {
  const parts: string[] = [result.tier === "none" ? "no answer" : result.tier];
  if (result.model) parts.push(result.model);
  if (result.state === "stale") parts.push("from an older version of the code");
  const matched = result.matchedQuestion?.replaceAll("`", "");
  if (matched && matched !== asked.replaceAll("`", "")) parts.push(`for “${matched}”`);
  parts.push(duration(result.usage.totalMs));
  if (result.usage.completionTokens > 0) parts.push(`${result.usage.completionTokens} tokens`);
  return parts.join(" · ");
}

/** The last answered exchanges as the server's `history`, oldest first. */
export function historyOf(exchanges: readonly Exchange[], limit = 3): Message[] {
  return exchanges
    .filter((exchange) => exchange.state === "answered" && exchange.result?.tier !== "none")
    .slice(-limit)
    .flatMap((exchange) => [
      { role: "user", content: exchange.params.question },
      { role: "assistant", content: exchange.result?.answer ?? exchange.text },
    ]);
}

function duration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
