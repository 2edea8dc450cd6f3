import type { KubeObject } from '@keelson/api';
import type { Informer } from '@keelson/client';
import { type Decision, NOTHING } from './actions.js';
import type { ControllerContext, KeyedLoop } from './controller.js';
import { OwnWrites } from './own-writes.js';
import { Runner } from './runner.js';

/** What was decided about a key, and the object that events about it are about. */
export interface Decided {
  readonly subject: KubeObject | undefined;
  readonly decision: Decision;
}

export const UNDECIDED: Decided = { subject: undefined, decision: NOTHING };

export interface DecisionsOptions {
  readonly workers: number;
  /** The cache that is decided on, if it holds a part of its collection only. */
  readonly owners?: Informer<KubeObject>;
  decide(key: string, now: number): Decided | Promise<Decided>;
}

/**
 * Works on a loop's keys until the signal aborts: decides, and has it carried out. A key is not decided on before the
 * caches show all that was written for it.
 */
export async function runDecisions(
  loop: KeyedLoop,
  context: ControllerContext,
  { workers, owners, decide }: DecisionsOptions,
): Promise<void> {
  const writes = new OwnWrites({ ...context, ...(owners === undefined ? {} : { owners }) });
  const runner = new Runner({ ...context, writes });
  await loop.run(
    workers,
    async (key) => {
      const { subject, decision } = await decide(key, context.clock.now());
      return runner.perform(key, subject, decision);
    },
    (key) => writes.seen(key, context.client),
  );
}
