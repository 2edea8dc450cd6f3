import { type Container, isRecord, type Pod } from '@keelson/api';
import type { Clock, Logger, Random } from '@keelson/service';
import { ResultCache } from '../../auth/result-cache.js';
import { JsonEndpoint } from '../../webhooks/json-endpoint.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from '../admission.js';
import type { ImagePolicy } from './configuration.js';

const API_VERSION = 'imagepolicy.k8s.io/v1alpha1';
/** Annotations of pods that are shown to whoever decides. */
const SHOWN = '.image-policy.k8s.io/';
const AUDIT = 'imagepolicywebhook.image-policy.k8s.io/';
const FAILED_OPEN = 'alpha.image-policy.k8s.io/failed-open';
const REMEMBERED_MAX = 1_024;
const TIMEOUT_MS = 30_000;
const ATTEMPTS = 5;

interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** Another process says for each pod whether its images may run. */
export function imagePolicyWebhook(
  policy: ImagePolicy,
  dependencies: { clock: Clock; random: Random; ask?: JsonEndpoint['ask'] },
): AdmissionPlugin {
  const { firstPauseMs, target, allowedTtlMs, deniedTtlMs, defaultAllow } = policy;
  const endpoint = new JsonEndpoint(
    { ...target, timeoutMs: TIMEOUT_MS, attempts: ATTEMPTS, firstPauseMs },
    dependencies,
  );
  const ask = dependencies.ask ?? ((...asked: Parameters<JsonEndpoint['ask']>) => endpoint.ask(...asked));
  const known = new ResultCache<Verdict>({ max: REMEMBERED_MAX }, dependencies);

  const verdictOn = async (spec: object, { context }: AdmissionAttributes): Promise<Verdict> => {
    const key = JSON.stringify(spec);
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const review = { kind: 'ImageReview', apiVersion: API_VERSION, metadata: {}, spec, status: { allowed: false } };
    const { status, body } = await ask(review, context.signal);
    if (status < 200 || status > 299) throw new Error(`Error contacting webhook: ${status}`);
    const verdict = verdictIn(body);
    known.set(key, verdict, verdict.allowed ? allowedTtlMs : deniedTtlMs);
    return verdict;
  };

  return {
    name: 'ImagePolicyWebhook',
    async validate(attributes) {
      const containers = containersIn(attributes);
      if (containers === undefined) return;
      const { object, namespace, context } = attributes;
      const annotations = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => key.includes(SHOWN));
      const spec = {
        ...(containers.length === 0 ? {} : { containers: containers.map(({ image }) => (image ? { image } : {})) }),
        ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
        ...(namespace === '' ? {} : { namespace }),
      };
      let verdict: Verdict;
      try {
        verdict = await verdictOn(spec, attributes);
      } catch (error) {
        if (!defaultAllow) throw refusal(attributes, (error as Error).message);
        warn(context.logger, error as Error);
        context.annotate?.(`${AUDIT}failed-open`, 'true');
        // The pod itself tells that nobody looked at it: only now is that known.
        object.metadata.annotations = { ...object.metadata.annotations, [FAILED_OPEN]: 'true' };
        return;
      }
      for (const [key, value] of Object.entries(verdict.auditAnnotations)) context.annotate?.(`${AUDIT}${key}`, value);
      if (verdict.allowed) return;
      const text = verdict.reason
        ? `image policy webhook backend denied one or more images: ${verdict.reason}`
        : 'one or more images rejected by webhook backend';
      throw refusal(attributes, text);
    },
  };
}

function warn(logger: Logger, error: Error): void {
  logger.warn({ err: error }, 'image policy webhook failed; the images are let pass');
}

/** Whose images a write brings; undefined where it brings none. */
function containersIn({ operation, kind, object, subresource }: AdmissionAttributes): Container[] | undefined {
  if (operation === 'DELETE' || !isResource(kind, '', 'pods')) return undefined;
  const { spec = {} as NonNullable<Pod['spec']> } = object as Pod;
  if (subresource === 'ephemeralcontainers') return [...(spec.ephemeralContainers ?? [])];
  return subresource === '' ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])] : undefined;
}

function verdictIn(body: unknown): Verdict {
  const { status, kind } = (isRecord(body) ? body : {}) as { status?: Partial<Verdict>; kind?: unknown };
  if (kind !== undefined && kind !== 'ImageReview') throw new Error(`the image policy webhook answered with a ${kind}`);
  const { allowed, reason, auditAnnotations } = status ?? {};
  return {
    allowed: allowed === true,
    reason: typeof reason === 'string' ? reason : '',
    auditAnnotations: isRecord(auditAnnotations) ? (auditAnnotations as Record<string, string>) : {},
  };
}
