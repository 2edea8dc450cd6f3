import type { StatusPage } from '@keelson/service';
import type { KeyedLoop } from './controller.js';

/** Keys that are named of each kind; of more only the number is said. */
const NAMED_MAX = 100;

/** A loop as the page shows it; times in milliseconds. */
export interface LoopState {
  readonly name: string;
  readonly waiting: number;
  readonly working: readonly { readonly key: string; readonly forMs: number }[];
  readonly delayedCount: number;
  /** The next ones first. */
  readonly delayed: readonly { readonly key: string; readonly inMs: number }[];
  readonly failingCount: number;
  readonly failing: readonly { readonly key: string; readonly failures: number; readonly reason: string }[];
}

/**
 * `/debug/controllers`: what each controller's queue holds, what is worked on, what is to be looked at later and what
 * fails, why. `?controller=NAME` shows one, `?output=json` is for programs.
 */
export function controllersPage(loops: ReadonlyMap<string, KeyedLoop>): StatusPage {
  return async ({ searchParams }) => {
    const [wanted, output] = [searchParams.get('controller'), searchParams.get('output') ?? 'text'];
    if (output !== 'text' && output !== 'json') return plain(400, `output: "${output}" is neither text nor json\n`);
    if (wanted !== null && loops.size > 0 && !loops.has(wanted))
      return plain(404, `controller: "${wanted}" is none of ${[...loops.keys()].sort().join(', ')}\n`);
    const states = [...loops]
      .filter(([name]) => wanted === null || name === wanted)
      .map(([name, loop]) => stateOf(name, loop))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (output === 'json')
      return { status: 200, type: 'application/json', text: `${JSON.stringify({ controllers: states })}\n` };
    if (states.length === 0) return plain(200, 'No controller works here: another process leads.\n');
    return plain(200, table(states));
  };
}

function stateOf(name: string, loop: KeyedLoop): LoopState {
  const { waiting, working, delayed } = loop.queue.state();
  const failing = [...loop.failures].map(([key, reason]) => ({ key, failures: loop.queue.failures(key), reason }));
  const next = [...delayed].sort((a, b) => a.inMs - b.inMs);
  const round = (milliseconds: number) => Math.round(milliseconds);
  return {
    name,
    waiting,
    working: working.map(({ key, forMs }) => ({ key, forMs: round(forMs) })),
    delayedCount: delayed.length,
    delayed: next.slice(0, NAMED_MAX).map(({ key, inMs }) => ({ key, inMs: round(inMs) })),
    failingCount: failing.length,
    failing: failing.slice(0, NAMED_MAX),
  };
}

function table(states: readonly LoopState[]): string {
  const rows = [
    ['CONTROLLER', 'WAITING', 'WORKING', 'DELAYED', 'FAILING'],
    ...states.map(({ name, waiting, working, delayedCount, failingCount }) =>
      [name, waiting, working.length, delayedCount, failingCount].map(String),
    ),
  ];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('   ')
      .trimEnd(),
  );
  const details = states.flatMap(({ name, working, failing }) => [
    ...working.map(({ key, forMs }) => `${name}: works on ${key} for ${forMs} ms`),
    ...failing.map(({ key, failures, reason }) => `${name}: ${key} failed ${failures} times: ${reason}`),
  ]);
  return `${[...lines, ...(details.length === 0 ? [] : ['', ...details])].join('\n')}\n`;
}

function plain(status: number, text: string) {
  return { status, type: 'text/plain; charset=utf-8', text };
}
