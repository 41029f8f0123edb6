/** Forethought's LSP extensions; see docs/lsp-extensions.md. Positions are LSP's (UTF-16). */

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Message {
  role: "user" | "assistant";
  content: string;
}

export interface ChatParams {
  question: string;
  textDocument?: { uri: string };
  position?: Position;
  history?: Message[];
  fresh?: boolean;
}

export type Tier = "facts" | "predicted" | "enriched" | "full" | "none";

export interface Source {
  uri: string;
  range: Range;
  symbol: string;
}

export interface ChatResult {
  id: string;
  answer: string;
  tier: Tier;
  matchedQuestion?: string | null;
  /** What the question may mean, if that is not certain. */
  readings?: { text: string; question: string }[];
  /** What the question was taken to ask, if it was not said word for word. */
  readAs?: string;
  sources: Source[];
  state: "fresh" | "stale" | "live";
  usage: {
    promptTokens: number;
    cachedTokens: number;
    completionTokens: number;
    firstTokenMs: number;
    totalMs: number;
  };
  model: string | null;
}

/** The result of `forethought/digest`; `roots` holds the same data for programs. */
export interface DigestResult {
  markdown: string;
  roots: unknown[];
  problems: string[];
}

export type ServerState = "starting" | "indexing" | "idle" | "thinking" | "paused" | "degraded";

export interface StatusDocument {
  state: ServerState;
  message?: string;
  roots: {
    uri: string;
    files: { indexed: number; total: number; skipped?: Record<string, number> };
    contexts: { fresh: number; stale: number; missing: number; empty: number; failed: number };
    scope?: string;
  }[];
  queue: number;
  next: { uri: string; symbol: string; reason: string }[];
  estimateMinutes?: number | null;
  current?: { uri: string; symbol: string } | null;
  engine: { kind: string; model: string | null; device: string | null; loaded: boolean; remote: boolean } | null;
  pausedReason?: string | null;
}

/** The part of the result of `forethought.precomputeFile` and `…Workspace` that is displayed. */
export interface PrecomputeReport {
  symbols?: { computed: number; reused: number; empty: number; failed: number; remaining: number };
}
