/** Seconds. */
const RETRY_AFTER_MAX = 32;

/** After how many seconds whoever was refused is to come again: longer while many are, shorter again when few are. */
export class RetryAfter {
  #seconds = 1;
  #raisedAt = 0;
  #current = { at: 0, count: 0 };
  /** Seconds that are over, oldest first; no more than twice what is waited. */
  #past: { at: number; count: number }[] = [];

  get seconds(): number {
    return this.#seconds;
  }

  /** One was refused. */
  note(nowMs: number): void {
    const at = Math.floor(nowMs / 1000);
    if (at === this.#current.at) {
      this.#current.count++;
      return;
    }
    this.#past.push(this.#current);
    const keep = Math.min(2 * this.#seconds, RETRY_AFTER_MAX);
    this.#past = this.#past.filter((it) => this.#current.at - it.at <= keep);
    this.#current = { at, count: 1 };
    this.#adapt(at);
  }

  /** Doubled when three times as many were refused as seconds are waited, and one less when fewer than those. */
  #adapt(at: number): void {
    const waited = this.#seconds;
    const lately = this.#past.filter((it) => at - it.at <= waited);
    const refused = lately.reduce((sum, { count }) => sum + count, 0);
    if (refused >= 3 * waited && at - this.#raisedAt >= waited) {
      this.#seconds = Math.min(2 * waited, RETRY_AFTER_MAX);
      this.#raisedAt = at;
    } else if (refused < waited && waited > 1) this.#seconds--;
  }
}
