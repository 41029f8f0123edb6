/** Which settings are sent: only those that somebody chose, so that the editor's defaults do not hide the user's config file or environment. */

export type Inspect = (key: string) =>
  | { globalValue?: unknown; workspaceValue?: unknown; workspaceFolderValue?: unknown }
  | undefined;

/**
 * The chosen values as one nested object, null for the others: a setting that was taken back must not stay.
 * `keys` are without the section's prefix; `server.path` is the editor's own and left out.
 */
export function chosenSettings(keys: readonly string[], inspect: Inspect): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const key of keys) {
    const found = inspect(key);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (key !== "server.path") put(settings, key.split("."), value ?? null);
  }
  return settings;
}

function put(into: Record<string, unknown>, parts: readonly string[], value: unknown): void {
  const [first, ...rest] = parts;
  if (first === undefined) return;
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const inner = (into[first] ??= {}) as Record<string, unknown>;
  put(inner, rest, value);
}
