/** Differences of two texts in the unified form, found as Python's difflib finds them, whose ways upstream's has. */

/** More lines are not compared: the longest match is looked for again in each part that it leaves. */
const LINES_MAX = 1000;
const CONTEXT = 3;
/** From so many lines on, those that are everywhere are not matched. */
const POPULAR_FROM = 200;

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** One stretch: what was replaced, removed, inserted, or is the same on both sides. */
interface Stretch {
  readonly isSame: boolean;
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

/** Empty where the texts are too long. */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  if (a.length + b.length > LINES_MAX) return '';
  return grouped(stretches(matches(a, b), a.length, b.length))
    .map((group) => hunk(group, a, b))
    .join('');
}

function positions(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    const list = found.get(line);
    if (list === undefined) found.set(line, [index]);
    else list.push(index);
  }
  if (lines.length < POPULAR_FROM) return found;
  const most = Math.floor(lines.length / 100) + 1;
  for (const [line, list] of found) if (list.length > most) found.delete(line);
  return found;
}

type Area = readonly [number, number, number, number];

function matches(a: readonly string[], b: readonly string[]): Match[] {
  const where = positions(b);
  const found: Match[] = [];
  const areas: Area[] = [[0, a.length, 0, b.length]];
  for (let area = areas.pop(); area !== undefined; area = areas.pop()) {
    const [aLow, aHigh, bLow, bHigh] = area;
    const match = longest(a, b, where, area);
    if (match.size === 0) continue;
    found.push(match);
    areas.push([aLow, match.a, bLow, match.b], [match.a + match.size, aHigh, match.b + match.size, bHigh]);
  }
  return found.sort((left, right) => left.a - right.a);
}

/** Of the longest the first in `a`, and of those the first in `b`; then as far as lines beside it are the same. */
function longest(
  a: readonly string[],
  b: readonly string[],
  where: ReadonlyMap<string, readonly number[]>,
  [aLow, aHigh, bLow, bHigh]: Area,
): Match {
  let best: Match = { a: aLow, b: bLow, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>();
    for (const j of where.get(a[i]!) ?? []) {
      if (j < bLow) continue;
      if (j >= bHigh) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: start, b: other, size } = best;
  while (start > aLow && other > bLow && a[start - 1] === b[other - 1]) {
    start--;
    other--;
    size++;
  }
  while (start + size < aHigh && other + size < bHigh && a[start + size] === b[other + size]) size++;
  return { a: start, b: other, size };
}

function stretches(found: readonly Match[], aLength: number, bLength: number): Stretch[] {
  const all: Stretch[] = [];
  let [i, j] = [0, 0];
  for (const { a, b, size } of [...found, { a: aLength, b: bLength, size: 0 }]) {
    if (i < a || j < b) all.push({ isSame: false, a: [i, a], b: [j, b] });
    [i, j] = [a + size, b + size];
    if (size === 0) continue;
    const last = all.at(-1);
    if (last?.isSame === true) all[all.length - 1] = { isSame: true, a: [last.a[0], i], b: [last.b[0], j] };
    else all.push({ isSame: true, a: [a, i], b: [b, j] });
  }
  return all;
}

/** Changes that are near to each other, with the lines around them. */
function grouped(all: readonly Stretch[]): Stretch[][] {
  const groups: Stretch[][] = [[]];
  for (const [index, it] of all.entries()) {
    if (!it.isSame) {
      groups.at(-1)!.push(it);
      continue;
    }
    const isFirst = index === 0;
    const isLast = index === all.length - 1;
    const length = it.a[1] - it.a[0];
    const head = Math.min(CONTEXT, length);
    const start: Stretch = { isSame: true, a: [it.a[0], it.a[0] + head], b: [it.b[0], it.b[0] + head] };
    const end: Stretch = { isSame: true, a: [it.a[1] - head, it.a[1]], b: [it.b[1] - head, it.b[1]] };
    if (isFirst) groups.at(-1)!.push(end);
    else if (isLast) groups.at(-1)!.push(start);
    else if (length > 2 * CONTEXT) {
      groups.at(-1)!.push(start);
      groups.push([end]);
    } else groups.at(-1)!.push(it);
  }
  return groups.filter((group) => group.some((it) => !it.isSame));
}

function hunk(group: readonly Stretch[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [group[0]!, group.at(-1)!];
  const lines = group.flatMap(({ isSame, a: [aFrom, aTo], b: [bFrom, bTo] }) =>
    isSame
      ? a.slice(aFrom, aTo).map((line) => ` ${line}`)
      : [...a.slice(aFrom, aTo).map((line) => `-${line}`), ...b.slice(bFrom, bTo).map((line) => `+${line}`)],
  );
  const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@`;
  return [head, ...lines].map((line) => `${line}\n`).join('');
}

function range(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return `${from + 1}`;
  return length === 0 ? `${from},0` : `${from + 1},${length}`;
}
