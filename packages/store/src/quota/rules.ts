/** How many keys, and how many bytes of keys and values, may be below a prefix. */
export interface QuotaRule {
  /** latin1 text: its characters are the prefix's bytes. */
  readonly prefix: string;
  readonly keysMax?: number;
  readonly bytesMax?: number;
}

/** How many writes below a prefix one member takes. */
export interface RateRule {
  readonly prefix: string;
  readonly perSecond: number;
  /** Taken at once after a pause. */
  readonly burst: number;
}

const UNIT_BYTES: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `PREFIX=LIMIT[,LIMIT][;PREFIX=…]` with limits as 100000keys or 512MiB. @throws Error that names the part */
export function parseQuotaRules(text: string): QuotaRule[] {
  return parseRules(text, (prefix, limits): QuotaRule => {
    let rule: QuotaRule = { prefix };
    for (const limit of limits) {
      const keys = /^(\d+)keys$/.exec(limit)?.[1];
      const [, amount, unit] = /^(\d+)(B|KiB|MiB|GiB)$/.exec(limit) ?? [];
      if (keys !== undefined) rule = { ...rule, keysMax: Number(keys) };
      else if (unit !== undefined) rule = { ...rule, bytesMax: Number(amount) * UNIT_BYTES[unit]! };
      else throw new Error(`"${limit}" is neither a number of keys (100000keys) nor of bytes (512MiB)`);
    }
    return rule;
  });
}

/** `PREFIX=RATE[,burst=N][;PREFIX=…]` with rates as 500/s. @throws Error that names the part */
export function parseRateRules(text: string): RateRule[] {
  return parseRules(text, (prefix, [rate, ...more]): RateRule => {
    const perSecond = Number(/^(\d+(\.\d+)?)\/s$/.exec(rate ?? '')?.[1]);
    if (!(perSecond > 0)) throw new Error(`"${rate}" is not a rate such as 500/s`);
    const burst =
      more.length === 0 ? Math.max(1, Math.ceil(perSecond)) : Number(/^burst=(\d+)$/.exec(more.join())?.[1]);
    if (!(burst >= 1)) throw new Error(`"${more.join()}" is not of the form burst=1000`);
    return { prefix, perSecond, burst };
  });
}

function parseRules<T extends { readonly prefix: string }>(
  text: string,
  parse: (prefix: string, limits: readonly string[]) => T,
): T[] {
  const parts = text.split(';').map((part) => part.trim());
  const rules = parts
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.lastIndexOf('=', part.includes(',burst=') ? part.lastIndexOf(',burst=') : undefined);
      if (at <= 0) throw new Error(`"${part}" is not of the form PREFIX=LIMIT`);
      const prefix = Buffer.from(part.slice(0, at)).toString('latin1');
      return parse(prefix, part.slice(at + 1).split(','));
    });
  const twice = rules.find((rule, at) => rules.findIndex((each) => each.prefix === rule.prefix) < at);
  if (twice) throw new Error(`"${nameOf(twice.prefix)}" has two rules`);
  return rules.sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

/** A prefix as people write it. */
export function nameOf(prefix: string): string {
  return Buffer.from(prefix, 'latin1').toString('utf8');
}
