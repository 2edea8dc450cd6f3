import type { ApiError, KindRegistry } from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import type { AdmissionPlugin } from '../admission.js';
import { isConfiguration, wantedKind } from '../matching/matching.js';
import { type Asked, type Form, Subject } from '../matching/subject.js';
import type { HookCaller } from './caller.js';
import type { Hook, Hooks, PlacedHook } from './hook.js';

const FAILED_OPEN = 'failed-open.validating.webhook.admission.k8s.io/';

/** Webhooks that refuse: all that are about a write at once, on what is going to be stored. */
export function validatingWebhooks(dependencies: {
  hooks: Hooks;
  caller: HookCaller;
  kinds: KindRegistry;
  namespaces: ObjectCollection;
}): AdmissionPlugin {
  const { hooks, caller, kinds, namespaces } = dependencies;

  const relevant = async (subject: Subject, about: readonly PlacedHook[]) => {
    const own = subject.own();
    const found: { hook: Hook; form: Form }[] = [];
    for (const { hook } of about) {
      const kind = await wantedKind(hook, subject, [own.object, own.old], namespaces);
      if (kind === undefined) continue;
      const known = found.find(({ form }) => form.kind === kind)?.form;
      const form = known ?? (await subject.in(kind, own));
      if (await caller.isWanted(hook, subject, form)) found.push({ hook, form });
    }
    return found;
  };

  const call = async (hook: Hook, subject: Subject, form: Form, index: number): Promise<unknown> => {
    const ignored = () => subject.asked.context.annotate?.(`${FAILED_OPEN}round_0_index_${index}`, hook.name);
    try {
      await caller.attempt(hook, subject, () => caller.call(hook, subject, form), ignored);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  const check = async (asked: Asked) => {
    const about = isConfiguration(asked.kind) ? [] : hooks.about(asked);
    if (about.length === 0) return;
    const subject = new Subject(asked, kinds);
    const chosen = await relevant(subject, about);
    const failures = await Promise.all(chosen.map(({ hook, form }, index) => call(hook, subject, form, index)));
    const failure = failures.find((it) => it !== undefined);
    if (failure !== undefined) throw failure as ApiError;
  };
  return { name: 'ValidatingAdmissionWebhook', validate: check, validateConnection: check };
}
