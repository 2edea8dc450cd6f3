import { apiErrors, deepEqual, type KindRegistry, type KubeObject } from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import type { AdmissionPlugin, Rounds } from '../admission.js';
import { isConfiguration, wantedKind } from '../matching/matching.js';
import { operationsIn, patched } from '../matching/patch.js';
import { Reinvocations } from '../matching/reinvocation.js';
import { type Asked, type Form, Subject } from '../matching/subject.js';
import { CallFailed, type HookCaller } from './caller.js';
import type { Hook, Hooks } from './hook.js';

const MUTATION = 'mutation.webhook.admission.k8s.io/';
const PATCH = 'patch.webhook.admission.k8s.io/';

/** Webhooks that change writes: one after another, each on what the one before it made. */
export function mutatingWebhooks(dependencies: {
  hooks: Hooks;
  caller: HookCaller;
  kinds: KindRegistry;
  namespaces: ObjectCollection;
}): AdmissionPlugin {
  const { hooks, caller, kinds, namespaces } = dependencies;
  const reinvocations = new Reinvocations();

  const call = async (hook: Hook, subject: Subject, form: Form, place: string): Promise<KubeObject | undefined> => {
    const { context } = subject.asked;
    const { name, configuration } = hook;
    const note = (key: string, more: object) =>
      context.annotate?.(`${key}${place}`, JSON.stringify({ configuration, webhook: name, ...more }));
    let next: KubeObject | undefined;
    try {
      const { patch } = await caller.call(hook, subject, form);
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
    const about = isConfiguration(asked.kind) ? [] : hooks.about(asked);
    if (about.length === 0) return;
    const subject = new Subject(asked, kinds);
    const own = subject.own();
    const reinvocation = reinvocations.begin(rounds, own.object);
    let form = own;
    let isChanged = false;
    for (const { hook, index } of about) {
      const kind = await wantedKind(hook, subject, [form.object, form.old], namespaces);
      if (kind === undefined) continue;
      const wanted = await subject.in(kind, form);
      if (!(await caller.isWanted(hook, subject, wanted))) continue;
      if (!reinvocation.isDue(hook.uid)) continue;
      form = wanted;
      const place = `round_${rounds.isAgain ? 1 : 0}_index_${index}`;
      const next = await caller.attempt(
        hook,
        subject,
        () => call(hook, subject, form, place),
        () => asked.context.annotate?.(`failed-open.${MUTATION}${place}`, hook.name),
      );
      if (next !== undefined && !deepEqual(next, form.object)) {
        form = { ...form, object: next };
        isChanged = true;
        reinvocation.changed();
      }
      if (hook.webhook.reinvocationPolicy === 'IfNeeded') reinvocation.wantsAgain(hook.uid);
    }
    if (isChanged) await subject.take(form);
    reinvocation.end(subject.own().object);
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
