/** Says how long an item has to wait before it is tried again. */
export interface RateLimiter {
  /** Milliseconds; each call counts as one more failure. */
  when(item: string): number;
  forget(item: string): void;
  failures(item: string): number;
}

/**
 * client-go's default for controllers: each item backs off from 5 ms to 1000 s by powers of two, and all together are
 * held to 10 a second with a burst of 100.
 */
export function controllerRateLimiter(monotonic: () => number): RateLimiter {
  const perItem = exponential(5, 1_000_000);
  const overall = tokenBucket(10, 100, monotonic);
  return {
    when: (item) => Math.max(perItem.when(item), overall()),
    forget: perItem.forget,
    failures: perItem.failures,
  };
}

export function exponential(baseMs: number, capMs: number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    when(item) {
      const before = failures.get(item) ?? 0;
      failures.set(item, before + 1);
      return Math.min(baseMs * 2 ** Math.min(before, 50), capMs);
    },
    forget: (item) => void failures.delete(item),
    failures: (item) => failures.get(item) ?? 0,
  };
}

/** Each call takes a token and says in how many milliseconds it is there. */
export function tokenBucket(perSecond: number, burst: number, monotonic: () => number): () => number {
  let tokens = burst;
  let last = monotonic();
  return () => {
    const now = monotonic();
    tokens = Math.min(burst, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    tokens -= 1;
    return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
  };
}
