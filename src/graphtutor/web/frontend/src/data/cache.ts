/** Keeps the last ``limit`` promises by key; one that fails is forgotten, so it is asked again. */
export class PromiseCache {
  private readonly held = new Map<string, Promise<unknown>>();

  constructor(private readonly limit: number) {}

  get<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.held.get(key) as Promise<T> | undefined;
    if (known) {
      this.held.delete(key);
      this.held.set(key, known);
      return known;
    }
    const fresh = load();
    this.held.set(key, fresh);
    fresh.catch(() => {
      if (this.held.get(key) === fresh) this.held.delete(key);
    });
    const oldest = this.held.keys().next().value;
    if (this.held.size > this.limit && oldest !== undefined) this.held.delete(oldest);
    return fresh;
  }

  forget(prefix = ""): void {
    for (const key of [...this.held.keys()]) if (key.startsWith(prefix)) this.held.delete(key);
  }
}
