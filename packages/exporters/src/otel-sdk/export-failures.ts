/** Kinds of errors come from receivers, too: they must not fill the memory. */
const MOST_KINDS = 32;

/** Counts failed exports by the kind of their error: `ECONNREFUSED`, `timeout`, `http_503`, `grpc_UNAVAILABLE`. */
export class ExportFailures {
  readonly #counts = new Map<string, number>();

  count(error: Error): void {
    const kind = kindOf(error);
    const known = this.#counts.has(kind) || this.#counts.size < MOST_KINDS ? kind : 'other';
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  /** As `failed.<kind>`. */
  stats(): Record<string, number> {
    return Object.fromEntries([...this.#counts].map(([kind, count]) => [`failed.${kind}`, count]));
  }
}

/** Its `code`, or that of what caused it; else the name of its class. */
function kindOf(error: Error): string {
  const { code, cause } = error as Error & { code?: unknown };
  if (typeof code === 'string' || typeof code === 'number') return String(code);
  return cause instanceof Error ? kindOf(cause) : error.name;
}
