/** Selects the settings to send: only those that the user set, so that defaults do not override the config file or environment. */

export type Inspect = (key: string) =>
  | { globalValue?: unknown; workspaceValue?: unknown; workspaceFolderValue?: unknown }
  | undefined;

/**
 * Returns the values that were set as a nested object, and null for the others, so that removing a setting takes effect.
 * `keys` have no section prefix; `server.path` is the editor's own and is left out.
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
