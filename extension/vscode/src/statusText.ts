/** The text of the status item. Pure. */

import type { StatusDocument } from "./protocol";

/** The server as the editor sees it: missing, starting, stopped, or running with its own status. */
export type Condition =
  | { kind: "missing"; reason: string }
  | { kind: "starting" }
  | { kind: "stopped"; reason: string }
  | { kind: "running"; status: StatusDocument | null };

export interface StatusText {
  text: string;
  /** For screen readers, and the tooltip's heading. */
  heading: string;
  lines: string[];
  warning: boolean;
}

const icons: Record<StatusDocument["state"], string> = {
  starting: "$(loading~spin)",
  indexing: "$(sync~spin)",
  idle: "$(check)",
  thinking: "$(lightbulb)",
  paused: "$(debug-pause)",
  degraded: "$(warning)",
};

/** `label` turns a URI into a path for display. */
export function describe(condition: Condition, label: (uri: string) => string): StatusText {
  switch (condition.kind) {
    case "missing":
      return { text: "$(warning) Forethought: no server", heading: "No server", lines: [condition.reason], warning: true };
    case "stopped":
      return { text: "$(error) Forethought: stopped", heading: "Stopped", lines: [condition.reason], warning: true };
    case "starting":
      return { text: `${icons.starting} Forethought: starting`, heading: "Starting", lines: [], warning: false };
    case "running":
      return condition.status ? describeStatus(condition.status, label) : describe({ kind: "starting" }, label);
  }
}

function describeStatus(status: StatusDocument, label: (uri: string) => string): StatusText {
  const lines: string[] = [];
  if (status.message) lines.push(status.message);
  if (status.state === "paused" && status.pausedReason && !status.message?.includes(status.pausedReason)) {
    lines.push(status.pausedReason);
  }
  if (status.current) lines.push(`Now: ${place(status.current, label)}`);
  for (const root of status.roots) {
    const { fresh, stale, missing, empty, failed } = root.contexts;
    const total = fresh + stale + missing + empty + failed;
    const name = status.roots.length > 1 ? `${label(root.uri)}: ` : "";
    lines.push(`${name}${root.files.indexed} of ${root.files.total} files indexed`);
    if (total > 0) lines.push(`${name}${fresh} of ${total} symbols in scope thought about, ${stale} stale, ${missing} to do`);
  }
  if (status.queue > 0) {
    const minutes = status.estimateMinutes;
    lines.push(`Queue: ${status.queue}${minutes ? `, about ${minutes < 1 ? "a minute" : `${Math.round(minutes)} min`}` : ""}`);
  }
  for (const next of status.next.slice(0, 3)) lines.push(`Next: ${place(next, label)} (${next.reason})`);
  if (status.engine || !status.message) lines.push(engineLine(status.engine));
  return {
    text: `${icons[status.state]} Forethought: ${status.state}`,
    heading: status.state.charAt(0).toUpperCase() + status.state.slice(1),
    lines,
    warning: status.state === "degraded",
  };
}

function place(at: { uri: string; symbol: string }, label: (uri: string) => string): string {
  return at.symbol ? `${at.symbol} in ${label(at.uri)}` : label(at.uri);
}

function engineLine(engine: StatusDocument["engine"]): string {
  if (!engine || engine.kind === "none") return "Facts only: no model is in use";
  const where = engine.remote ? "remote" : engine.device;
  return `Model: ${[engine.model ?? engine.kind, where, engine.loaded ? "loaded" : "not loaded"].filter(Boolean).join(", ")}`;
}
