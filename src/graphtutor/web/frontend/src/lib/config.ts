/** Nested settings as dotted keys. Lists count as one value. */
export function flat(config: Record<string, unknown>, prefix = ""): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(config)) {
    if (value && typeof value === "object" && !Array.isArray(value)) {
      for (const [inner, leaf] of flat(value as Record<string, unknown>, `${prefix}${key}.`)) {
        found.set(inner, leaf);
      }
    } else found.set(prefix + key, value);
  }
  return found;
}

/** The keys in which the configs differ, with each one's value. */
export function configDiff(
  configs: readonly Record<string, unknown>[],
): { key: string; values: unknown[] }[] {
  const maps = configs.map((config) => flat(config));
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
  return keys
    .map((key) => ({ key, values: maps.map((map) => map.get(key) ?? null) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
