import { ScheduleError } from './fields.js';

const UNITS_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const INT64_MAX = 2n ** 63n - 1n;

/** A time as Go writes it, with its sign (`1h30m`, `-1.5s`), in nanoseconds. */
export function nanosecondsOf(text: string): bigint {
  const refused = (why: string) => new ScheduleError(`time: ${why} duration ${JSON.stringify(text)}`);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return 0n;
  if (rest === '') throw refused('invalid');
  let sum = 0n;
  while (rest !== '') {
    const [amount = '', whole = '', , fraction = ''] = /^(\d*)(\.(\d*))?/.exec(rest) ?? [];
    if (whole === '' && fraction === '') throw refused('invalid');
    rest = rest.slice(amount.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw refused('missing unit in');
    const size = UNITS_NS[unit];
    if (size === undefined) throw refused(`unknown unit ${JSON.stringify(unit)} in`);
    rest = rest.slice(unit.length);
    sum += BigInt(whole || '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length);
    if (sum > INT64_MAX) throw refused('invalid');
  }
  return sign === '-' ? -sum : sum;
}
