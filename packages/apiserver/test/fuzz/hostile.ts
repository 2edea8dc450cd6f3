import { resolveSchema, type Schema } from '@keelson/api';
import type { Random } from '@keelson/service';

/** Chooses, all from one seed. */
export class Chooser {
  readonly random: Random;
  /** How much of an object is not what its schema wants. */
  hostility = 0.02;

  constructor(random: Random) {
    this.random = random;
  }

  of<T>(values: readonly T[]): T {
    return values[this.random.integer(values.length)]!;
  }

  /** True so often. */
  chance(part: number): boolean {
    return this.random.float() < part;
  }

  upTo(count: number): number {
    return this.random.integer(count + 1);
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.upTo(most) }, make);
  }
}

const STRINGS = [
  ...['', ' ', 'a', 'A', 'default', '-', '.', '..', '../../x', 'a/b', 'a..b', '%00', '%', '*', '$', '{{', '\\'],
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'null', 'true', '0', '-1', '1e309', 'NaN'],
  ...['\u0000', 'a\nb', '\r\n', '\u202e', 'ä', 'é\u0301', '😀', '\ud800', '\udfff', '\ufeff', 'ﬃ', 'İ', '＜script＞'],
  ...['a=b', 'a in (b', 'a in (b,c),!d', 'a!=b,c', '!', ',', '=', 'metadata.name=a', 'x.y=z', 'a==b==c', 'a>1', 'a<x'],
  ...['10Gi', '1e-400', '1e1000000', '9999999999999999999999E', '0.0000000000001', '-0', '1n', '100m', 'Ki', '.5'],
  ...['2026-07-23T18:32:12Z', '0000-00-00T00:00:00Z', '9999-12-31T23:59:60Z', '2026-13-45', 'now', '1h', '-5s', '1y'],
  ...[
    '127.0.0.1',
    '::1',
    '::ffff:1.2.3.4',
    '300.1.1.1',
    '10.0.0.0/8',
    '::/129',
    'fe80::1%eth0',
    'x.example.com',
    '*.a',
  ],
  ...['app/v1', 'v1', 'apps/v1', 'Pod', 'Node', 'self.x', 'true || self', '[1,2].all(x, x', "'a'.matches('(a+)+$')"],
] as const;
const NUMBERS = [
  ...[0, -0, 1, -1, 2, 1.5, 80, 65535, 65536, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 2 ** 63, -(2 ** 63), 1e21, 1e308],
  ...[5e-324, 99999999999, 0.1],
];
export const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  ' ',
  'a',
  'x.io/y',
  '/',
  '$patch',
  '😀',
  '\u0000',
];

export function hostileString(choose: Chooser): string {
  if (choose.chance(0.03))
    return choose.of(['x', 'é', 'a.', '/', '{', '😀']).repeat(choose.of([64, 254, 1_000, 20_000]));
  if (choose.chance(0.1)) return choose.random.suffix(choose.upTo(70));
  return choose.of(STRINGS);
}

/** Any JSON value. */
export function hostileValue(choose: Chooser, depth = 3): unknown {
  const kind = choose.upTo(depth > 0 ? 7 : 4);
  if (kind <= 1) return hostileString(choose);
  if (kind === 2) return choose.of(NUMBERS);
  if (kind === 3) return choose.chance(0.5);
  if (kind === 4) return null;
  if (kind <= 5) return choose.many(3, () => hostileValue(choose, depth - 1));
  const object: Record<string, unknown> = Object.create(null);
  for (const key of choose.many(4, () => (choose.chance(0.5) ? choose.of(KEYS) : hostileString(choose))))
    object[key] = hostileValue(choose, depth - 1);
  return object;
}

/** A value that a schema may or may not take: most of it is what it asks for. */
export function schemaValue(schema: Schema, choose: Chooser, depth = 6): unknown {
  if (choose.chance(choose.hostility)) return hostileValue(choose, 2);
  const { type, properties, items, map, format } = resolveSchema(schema);
  switch (type) {
    case 'string':
      return format === 'byte' && choose.chance(0.7)
        ? 'YQ=='
        : choose.chance(choose.hostility * 8)
          ? hostileString(choose)
          : 'a';
    case 'integer':
    case 'number':
      return choose.chance(choose.hostility * 8) ? choose.of(NUMBERS) : choose.upTo(100);
    case 'boolean':
      return choose.chance(0.5);
    case 'array':
      return depth === 0 ? [] : choose.many(3, () => schemaValue(items ?? {}, choose, depth - 1));
    case 'object':
      return objectOf(properties, map, choose, depth);
    default:
      return hostileValue(choose, 2);
  }
}

function objectOf(
  properties: Schema['properties'],
  map: Schema | undefined,
  choose: Chooser,
  depth: number,
): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  if (depth === 0) return object;
  const names = Object.keys(properties ?? {});
  if (names.length > 0) {
    const part = Math.min(1, 5 / names.length);
    for (const name of names)
      if (choose.chance(part)) object[name] = schemaValue(properties![name]!, choose, depth - 1);
  }
  if (map !== undefined)
    for (const key of choose.many(3, () => (choose.chance(0.5) ? 'a' : hostileString(choose))))
      object[key] = schemaValue(map, choose, depth - 1);
  if (choose.chance(choose.hostility)) object[choose.of(KEYS)] = hostileValue(choose, 2);
  return object;
}
