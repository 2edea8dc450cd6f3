import { ApiError, type KindRegistry } from '@keelson/api';
import type { Authorizer } from '../../auth/authorizer.js';
import type { ObjectCollection } from '../../registry/collection.js';
import { type AdmissionPlugin, refusal } from '../admission.js';
import { withAnswers } from '../matching/conditions.js';
import { isConfiguration, wantedKind } from '../matching/matching.js';
import { rightsOf } from '../matching/rights.js';
import { type Asked, type Form, Subject } from '../matching/subject.js';
import { type ParamPlaces, paramsOf, paramsPlace } from './params.js';
import type { Binding, Policies, Policy } from './policies.js';
import type { Denial, Outcome, PolicyProgram } from './program.js';
import { seen } from './seen.js';

const CODES: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };
const INVALID = 422;
const FAILURES_MAX = 50;
const ANNOTATION_CHARS_MAX = 10 * 1024;
const FAILURE_ANNOTATION = 'validation.policy.admission.k8s.io/validation_failure';

type ValidatingPolicy = Policy<PolicyProgram>;

interface Denied {
  readonly policy: ValidatingPolicy;
  readonly binding: Binding | undefined;
  readonly denial: Pick<Denial, 'message' | 'reason'>;
}

/** Policies in expressions: each is asked once for every binding that is about a write, and for each of its parameters. */
export function validatingPolicies(dependencies: {
  policies: Policies<PolicyProgram>;
  kinds: KindRegistry;
  namespaces: ObjectCollection;
  authorizer: Authorizer;
  collectionOf: ParamPlaces['collectionOf'];
}): AdmissionPlugin {
  const { policies, kinds, namespaces, authorizer } = dependencies;

  const check = async (asked: Asked) => {
    const about = isConfiguration(asked.kind) ? [] : policies.about(asked);
    if (about.length === 0) return;
    const subject = new Subject(asked, kinds);
    const { object, old } = subject.own();
    const denied: Denied[] = [];
    const audited: object[] = [];
    for (const { policy, bindings } of about) {
      const misconfigured = (what: string, error: unknown, binding?: Binding) => {
        const message = `failed to configure ${what}: ${(error as Error).message}`;
        if (!policy.ignoresFailures) denied.push({ policy, binding, denial: { message } });
      };
      let form: Form | undefined;
      let place: ObjectCollection | undefined;
      try {
        const kind = await wantedKind(policy.matching, subject, [object, old], namespaces);
        if (kind === undefined) continue;
        place = paramsPlace(policy.paramKind, dependencies);
        form = await subject.in(kind, subject.own());
      } catch (error) {
        misconfigured('policy', error);
        continue;
      }
      const notes = new Map<string, Set<string>>();
      for (const binding of bindings) {
        try {
          const { matching } = binding;
          if (matching && (await wantedKind(matching, subject, [object, old], namespaces)) === undefined) continue;
          for (const params of await paramsOf(place, binding.paramRef, asked.namespace)) {
            const shown = await seen(subject, form, params, namespaces);
            const rights = rightsOf(authorizer, asked);
            const outcome = await withAnswers(rights, (authorize) => policy.program().evaluate(shown, authorize));
            actOn(outcome, { asked, policy, binding, denied, audited, notes });
          }
        } catch (error) {
          if (error instanceof ApiError) throw error;
          misconfigured('binding', error, binding);
        }
      }
      for (const [key, values] of notes) asked.context.annotate?.(`${policy.name}/${key}`, [...values].join(', '));
    }
    if (audited.length > 0)
      asked.context.annotate?.(FAILURE_ANNOTATION, JSON.stringify(audited.slice(0, FAILURES_MAX)));
    if (denied[0] !== undefined) throw refusedBy(asked, denied[0]);
  };
  return { name: 'ValidatingAdmissionPolicy', validate: check, validateConnection: check };
}

function actOn(
  { denials, annotations, failures }: Outcome,
  into: {
    asked: Asked;
    policy: ValidatingPolicy;
    binding: Binding;
    denied: Denied[];
    audited: object[];
    notes: Map<string, Set<string>>;
  },
): void {
  const { asked, policy, binding, denied, audited, notes } = into;
  for (const denial of denials)
    for (const action of binding.actions) {
      const { message, index: expressionIndex } = denial;
      const [own, other] = [policy.name, binding.name];
      if (action === 'Deny') denied.push({ policy, binding, denial });
      else if (action === 'Warn')
        asked.context.warn(
          `Validation failed for ValidatingAdmissionPolicy '${own}' with binding '${other}': ${message}`,
        );
      else if (action === 'Audit')
        audited.push({ message, policy: own, binding: other, expressionIndex, validationActions: binding.actions });
    }
  for (const { key, value } of annotations)
    notes.set(key, (notes.get(key) ?? new Set()).add(value.slice(0, ANNOTATION_CHARS_MAX)));
  for (const message of failures) denied.push({ policy, binding, denial: { message } });
}

function refusedBy(asked: Asked, { policy, binding, denial: { message, reason = 'Invalid' } }: Denied): ApiError {
  const bound = binding === undefined ? '' : ` with binding '${binding.name}'`;
  const text = `ValidatingAdmissionPolicy '${policy.name}'${bound} denied request: ${message}`;
  const { message: whole, details } = refusal(asked, text);
  const causes = [{ message: text }];
  return new ApiError({ code: CODES[reason] ?? INVALID, reason, message: whole, details: { ...details, causes } });
}
