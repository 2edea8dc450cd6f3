import { parseQuantity } from '@keelson/api/quantity';
import { parseDuration } from '@keelson/service';

interface Point {
  readonly atMs: number;
  readonly value: number;
}

const POINTS_MAX = 100;
/** Far above any machine, and small enough to be added up for years. */
const VALUE_MAX = 2 ** 50;
const REPEAT = 'repeat';

/** An amount that changes over time by straight lines between points, and stays or begins anew after the last. */
export class Curve {
  readonly #points: readonly Point[];
  readonly #repeats: boolean;

  private constructor(points: readonly Point[], repeats: boolean) {
    this.#points = points;
    this.#repeats = repeats;
  }

  /** `250m`, or `0s=100m,1m=800m,2m=100m`, perhaps with `,repeat`. Throws with what is wrong with it. */
  static parse(text: string): Curve {
    const parts = text.split(',').map((it) => it.trim());
    if (parts.length === 1 && !text.includes('=')) return new Curve([{ atMs: 0, value: amount(text.trim()) }], false);
    const repeats = parts.at(-1) === REPEAT;
    const points = (repeats ? parts.slice(0, -1) : parts).map(point);
    if (points.length > POINTS_MAX) throw new Error(`there are more than ${POINTS_MAX} points`);
    for (const [index, { atMs }] of points.entries())
      if (index > 0 && atMs <= points[index - 1]!.atMs) throw new Error('times must rise from point to point');
    if (repeats && points.length < 2) throw new Error('what repeats needs two points or more');
    return new Curve(points, repeats);
  }

  at(ms: number): number {
    const time = this.#repeats ? ms % this.#last.atMs : ms;
    const index = this.#points.findIndex(({ atMs }) => atMs > time);
    if (index === 0) return this.#points[0]!.value;
    if (index < 0) return this.#last.value;
    return between(this.#points[index - 1]!, this.#points[index]!, time);
  }

  /** Its sum from the beginning to a time, in amounts × milliseconds. */
  sum(ms: number): number {
    if (!this.#repeats) return this.#sumOnce(ms);
    const period = this.#last.atMs;
    return Math.floor(ms / period) * this.#sumOnce(period) + this.#sumOnce(ms % period);
  }

  get #last(): Point {
    return this.#points.at(-1)!;
  }

  #sumOnce(ms: number): number {
    const first = this.#points[0]!;
    let sum = first.value * Math.min(ms, first.atMs);
    for (const [index, from] of this.#points.entries()) {
      if (from.atMs >= ms) break;
      const to = this.#points[index + 1];
      const until = Math.min(ms, to?.atMs ?? ms);
      const end = to === undefined ? from.value : between(from, to, until);
      sum += ((from.value + end) / 2) * (until - from.atMs);
    }
    return sum;
  }
}

function between(from: Point, to: Point, atMs: number): number {
  return from.value + ((to.value - from.value) * (atMs - from.atMs)) / (to.atMs - from.atMs);
}

function point(text: string): Point {
  const [time = '', value = '', ...more] = text.split('=');
  if (value === '' || more.length > 0) throw new Error(`"${text}" is not of the form TIME=AMOUNT, as 1m30s=250m`);
  const atMs = parseDuration(time);
  if (atMs === undefined) throw new Error(`"${time}" is no time such as 90s or 1m30s`);
  return { atMs, value: amount(value) };
}

function amount(text: string): number {
  let value: number;
  try {
    value = Number(parseQuantity(text).nanos) / 1e9;
  } catch {
    throw new Error(`"${text}" is no quantity such as 250m or 64Mi`);
  }
  if (value < 0 || value > VALUE_MAX) throw new Error(`"${text}" is not between 0 and ${VALUE_MAX}`);
  return value;
}
