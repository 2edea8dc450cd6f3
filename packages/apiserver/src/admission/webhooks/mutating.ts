import { apiErrors, deepClone, deepEqual, type KindRegistry, type KubeObject } from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import type { AdmissionPlugin, Rounds } from '../admission.js';
import { isConfiguration, wantedKind } from '../matching/matching.js';
import { type Asked, type Form, Subject } from '../matching/subject.js';
import { CallFailed, type HookCaller } from './caller.js';
import type { Hook, Hooks } from './hook.js';
import { operationsIn, patched } from './patch.js';

const MUTATION = 'mutation.webhook.admission.k8s.io/';
const PATCH = 'patch.webhook.admission.k8s.io/';

/** What became of the webhooks of a write so far. */
interface Progress {
  /** The object as it was behind the last of them. */
  last: KubeObject | undefined;
  /** Those that want to be asked again when somebody changes something after them. */
  readonly asked: Set<string>;
  /** Those that are to be asked again. */
  readonly again: Set<string>;
}

/** Webhooks that change writes: one after another, each on what the one before it made. */
export function mutatingWebhooks(dependencies: {
  hooks: Hooks;
  caller: HookCaller;
  kinds: KindRegistry;
  namespaces: ObjectCollection;
}): AdmissionPlugin {
  const { hooks, caller, kinds, namespaces } = dependencies;
  const known = new WeakMap<Rounds, Progress>();

  const progressOf = (rounds: Rounds): Progress => {
    const progress = known.get(rounds) ?? { last: undefined, asked: new Set(), again: new Set() };
    known.set(rounds, progress);
    return progress;
  };
  const askAgain = ({ asked, again }: Progress) => {
    for (const uid of asked) again.add(uid);
    asked.clear();
  };

  const call = async (hook: Hook, subject: Subject, form: Form, place: string): Promise<KubeObject | undefined> => {
    const { context } = subject.asked;
    const { name, configuration } = hook;
    const note = (key: string, more: object) =>
      context.annotate?.(`${key}${place}`, JSON.stringify({ configuration, webhook: name, ...more }));
    let next: KubeObject | undefined;
    try {
      const { patch } = await caller.call(hook, subject, form, true);
      const operations = patch === '' ? [] : readOperations(name, patch);
      if (operations.length === 0) return undefined;
      if (form.object === undefined) {
        const text = `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`;
        throw apiErrors.internalError(text);
      }
      next = patched(form, operations, kinds);
      note(PATCH, { patch: operations, patchType: 'JSONPatch' });
      return next;
    } finally {
      note(MUTATION, { mutated: next !== undefined && !deepEqual(next, form.object) });
    }
  };

  const mutate = async (asked: Asked, rounds: Rounds) => {
    const all = isConfiguration(asked.kind) ? [] : hooks.all();
    if (all.length === 0) return;
    const progress = progressOf(rounds);
    const subject = new Subject(asked, kinds);
    const own = subject.own();
    if (rounds.isAgain && !deepEqual(progress.last, own.object)) askAgain(progress);
    let form = own;
    let isChanged = false;
    for (const [index, hook] of all.entries()) {
      const kind = await wantedKind(hook, subject, [form.object, form.old], namespaces);
      if (kind === undefined) continue;
      const wanted = subject.in(kind, form);
      if (!(await caller.isWanted(hook, subject, wanted))) continue;
      if (rounds.isAgain && !progress.again.has(hook.uid)) continue;
      form = wanted;
      const place = `round_${rounds.isAgain ? 1 : 0}_index_${index}`;
      const next = await attempt(hook, asked, place, () => call(hook, subject, form, place));
      if (next !== undefined && !deepEqual(next, form.object)) {
        form = { ...form, object: next };
        isChanged = true;
        askAgain(progress);
        rounds.wantAnother();
      }
      if (hook.webhook.reinvocationPolicy === 'IfNeeded') progress.asked.add(hook.uid);
    }
    if (isChanged) subject.take(form);
    const { object } = subject.own();
    progress.last = object && deepClone(object);
  };
  return {
    name: 'MutatingAdmissionWebhook',
    mutate,
    mutateConnection: (connection, rounds) => mutate(connection, rounds),
  };
}

function readOperations(name: string, patch: string): unknown[] {
  try {
    return operationsIn(patch);
  } catch (cause) {
    throw new CallFailed(name, `received undecodable patch in webhook response: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** What comes of a call; nothing where it failed and may. */
async function attempt<T>(
  hook: Hook,
  { context }: Asked,
  place: string,
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    context.logger.warn({ err: error, webhook: hook.name, configuration: hook.configuration }, 'webhook failed');
    if (!hook.ignoresFailures) throw apiErrors.internalError(error);
    context.annotate?.(`failed-open.${MUTATION}${place}`, hook.name);
    return undefined;
  }
}
