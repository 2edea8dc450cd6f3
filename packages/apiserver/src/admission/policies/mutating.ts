import { ApiError, deepEqual, type KindRegistry, type KubeObject, mergeMutation } from '@keelson/api';
import type { Authorizer } from '../../auth/authorizer.js';
import type { ObjectCollection } from '../../registry/collection.js';
import { type AdmissionPlugin, type Rounds, refusal } from '../admission.js';
import { withAnswers } from '../matching/conditions.js';
import { isConfiguration, wantedKind } from '../matching/matching.js';
import { patched, withDefaults } from '../matching/patch.js';
import { Reinvocations } from '../matching/reinvocation.js';
import { rightsOf } from '../matching/rights.js';
import { type Asked, type Form, Subject } from '../matching/subject.js';
import type { MutationProgram } from './mutation-program.js';
import { type ParamPlaces, paramsOf, paramsPlace } from './params.js';
import type { Binding, BoundPolicy, Policies, Policy } from './policies.js';
import { seen } from './seen.js';

type MutatingPolicy = Policy<MutationProgram>;

/** A policy to be asked about a write, for one of its bindings and of the parameters of that. */
interface Invocation {
  readonly policy: MutatingPolicy;
  readonly binding: Binding;
  readonly kind: Form['kind'];
  readonly params: KubeObject | undefined;
}

interface Failure {
  readonly policy: MutatingPolicy;
  readonly binding?: Binding | undefined;
  readonly message: string;
  readonly reason?: string;
}

/** Policies in expressions that change writes, each on what the one before it made. */
export function mutatingPolicies(dependencies: {
  policies: Policies<MutationProgram>;
  kinds: KindRegistry;
  namespaces: ObjectCollection;
  authorizer: Authorizer;
  collectionOf: ParamPlaces['collectionOf'];
}): AdmissionPlugin {
  const { policies, kinds, namespaces, authorizer } = dependencies;
  const reinvocations = new Reinvocations();

  const invocationsOf = async (
    subject: Subject,
    about: readonly BoundPolicy<MutationProgram>[],
    failures: Failure[],
  ): Promise<Invocation[]> => {
    const { object, old } = subject.own();
    const found: Invocation[] = [];
    for (const { policy, bindings } of about) {
      try {
        const kind = await wantedKind(policy.matching, subject, [object, old], namespaces);
        if (kind === undefined) continue;
        const place = paramsPlace(policy.paramKind, dependencies);
        for (const binding of bindings) {
          const { matching, paramRef } = binding;
          try {
            if (matching && (await wantedKind(matching, subject, [object, old], namespaces)) === undefined) continue;
            for (const params of await paramsOf(place, paramRef, subject.asked.namespace))
              found.push({ policy, binding, kind, params });
          } catch (error) {
            failures.push({ policy, binding, message: `failed to configure binding: ${(error as Error).message}` });
          }
        }
      } catch (error) {
        failures.push({ policy, message: `failed to configure policy: ${(error as Error).message}` });
      }
    }
    return found;
  };

  /** The form with all mutations of an invocation; those that fail change nothing. */
  const mutated = async (
    { policy, binding, params }: Invocation,
    subject: Subject,
    start: Form,
    failures: Failure[],
  ): Promise<Form> => {
    const rights = rightsOf(authorizer, subject.asked);
    let form = start;
    for (let index = 0; index < policy.program().length; index++) {
      const shown = await seen(subject, form, params, namespaces);
      try {
        const change = await withAnswers(rights, (authorize) => policy.program().change(index, shown, authorize));
        const object =
          'merge' in change
            ? merged(form, change.merge, subject.asked.operation === 'CONNECT')
            : changed(form, change.operations, kinds);
        form = { ...form, object };
      } catch (error) {
        if (error instanceof ApiError) throw error;
        failures.push({ policy, binding, message: (error as Error).message, reason: 'Invalid' });
      }
    }
    return form;
  };

  const mutate = async (asked: Asked, rounds: Rounds) => {
    const isAsked = asked.operation !== 'DELETE' && !isConfiguration(asked.kind);
    const about = isAsked ? policies.about(asked) : [];
    if (about.length === 0) return;
    const subject = new Subject(asked, kinds);
    const failures: Failure[] = [];
    const invocations = await invocationsOf(subject, about, failures);
    let form = subject.own();
    const reinvocation = reinvocations.begin(rounds, form.object);
    let isChanged = false;
    for (const invocation of invocations) {
      const { policy, binding, params, kind } = invocation;
      const wanted = await subject.in(kind, form);
      const shown = await seen(subject, wanted, params, namespaces);
      const rights = rightsOf(authorizer, asked);
      const held = await withAnswers(rights, (authorize) => policy.program().isWanted(shown, authorize));
      if (typeof held !== 'boolean') failures.push({ policy, binding, message: held.error, reason: 'Invalid' });
      const who = [policy.name, binding.name, params?.metadata.namespace, params?.metadata.name].join('/');
      if (held !== true || !reinvocation.isDue(who)) continue;
      form = await mutated(invocation, subject, wanted, failures);
      if (!deepEqual(form.object, wanted.object)) {
        isChanged = true;
        reinvocation.changed();
      }
      if (policy.program().isReinvocable) reinvocation.wantsAgain(who);
    }
    if (isChanged) await subject.take(form);
    reinvocation.end(subject.own().object);
    const counted = failures.filter(({ policy }) => !policy.ignoresFailures);
    if (counted.length > 0) throw denied(asked, counted);
  };
  return {
    name: 'MutatingAdmissionPolicy',
    mutate,
    mutateConnection: (connection, rounds) => mutate(connection, rounds),
  };
}

function merged({ kind, gvk, object = { metadata: {} } }: Form, change: object, isConnection: boolean): KubeObject {
  // What a connection is opened by is of no kind that there is: nothing says how its fields are merged.
  if (isConnection) throw new Error(`error applying patch: no schema is known of kind ${gvk.kind}`);
  try {
    return withDefaults(kind, mergeMutation(kind, object, change));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new Error(`error applying patch: ${(error as Error).message}`);
  }
}

/** A patch one of whose tests fails is none. */
function changed(form: Form, operations: readonly unknown[], kinds: KindRegistry): KubeObject | undefined {
  if (operations.length === 0) return form.object;
  const given = patched(form, operations, kinds, (problem) => {
    if (problem.endsWith(': test failed')) return form.object;
    throw new Error(`JSON Patch: ${problem}`);
  });
  return given;
}

function denied(asked: Asked, failures: readonly Failure[]): ApiError {
  const texts = failures.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(policy.name)} denied request: ${message}`
      : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`,
  );
  const { code, reason, details } = refusal(asked, '');
  const causes = texts.map((message) => ({ message }));
  return new ApiError({
    code,
    reason: failures[0]?.reason ?? reason,
    message: texts[0] ?? '',
    details: { ...details, causes },
  });
}
