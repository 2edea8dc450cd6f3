import {
  aggregateText,
  fieldErrors,
  type KubeObject,
  parseApiVersion,
  validateAnnotations,
  validateLabels,
} from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import type { HookClient } from '../admission/webhooks/client.js';
import type { Convert } from './versions.js';

export interface ConversionDependencies {
  hookClient: HookClient;
  random: Random;
  /** Of the server. */
  signal: AbortSignal;
  clock: Pick<Clock, 'monotonic'>;
  metrics?: ConversionMetrics | undefined;
}

/** Why a conversion failed, as upstream's metrics call it. */
export type ConversionFailure =
  | 'conversion_webhook_call_failure'
  | 'conversion_webhook_malformed_response_failure'
  | 'conversion_webhook_partial_response_failure'
  | 'conversion_webhook_invalid_converted_object_failure';

/** Counts what conversion webhooks are asked. */
export interface ConversionMetrics {
  asked(question: {
    readonly definition: string;
    readonly from: string;
    readonly to: string;
    /** Absent: it went well. */
    readonly failure?: ConversionFailure | undefined;
    readonly seconds: number;
  }): void;
}

/** A webhook that says nothing for so long has failed. */
const TIMEOUT_SECONDS = 30;

const TYPE = { kind: 'ConversionReview', group: 'apiextensions.k8s.io' };
/** As Go writes an answer that is still to come. */
const TO_COME = { uid: '', convertedObjects: null, result: { metadata: {} } };

type Loose = Record<string, unknown>;

/** Conversion by the webhook that a definition names. */
export function conversionWebhook(dependencies: ConversionDependencies): Convert {
  const { hookClient, random, signal, clock, metrics } = dependencies;
  return async (definition, objects, desiredAPIVersion) => {
    const who = `conversion webhook for ${typeOf(objects[0]!)}`;
    const { clientConfig = {}, conversionReviewVersions = [] } = definition.spec?.conversion?.webhook ?? {};
    const version = conversionReviewVersions.find((it) => it === 'v1' || it === 'v1beta1');
    if (version === undefined) throw new Error(`${who} failed: no supported conversion review versions`);
    const uid = random.uuid();
    const review = {
      kind: TYPE.kind,
      apiVersion: `${TYPE.group}/${version}`,
      request: { uid, desiredAPIVersion, objects: objects.map(asStored) },
      response: TO_COME,
    };
    const startedAt = clock.monotonic();
    let failure: ConversionFailure | undefined = 'conversion_webhook_call_failure';
    try {
      let converted: readonly unknown[];
      try {
        const answer = await hookClient.ask(clientConfig, review, TIMEOUT_SECONDS, signal, { type: TYPE });
        failure = 'conversion_webhook_malformed_response_failure';
        converted = convertedIn(answer, version === 'v1' ? uid : undefined);
      } catch (error) {
        throw new Error(`${who} failed: ${(error as Error).message}`);
      }
      failure = 'conversion_webhook_partial_response_failure';
      if (converted.length !== objects.length)
        throw new Error(`${who} returned ${converted.length} objects, expected ${objects.length}`);
      failure = 'conversion_webhook_invalid_converted_object_failure';
      // kube-apiserver asks for one at a time: of each it says what it would say of it alone.
      const made = objects.map((original, index) => checked(original, converted[index], desiredAPIVersion, who));
      failure = undefined;
      return made;
    } finally {
      metrics?.asked({
        definition: definition.metadata.name ?? '',
        from: versionIn(objects[0]?.apiVersion),
        to: versionIn(desiredAPIVersion),
        failure,
        seconds: (clock.monotonic() - startedAt) / 1000,
      });
    }
  };
}

/** What is in the store does not know its version. */
function asStored(object: KubeObject): KubeObject {
  const { resourceVersion: _known, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const versionIn = (apiVersion = '') => parseApiVersion(apiVersion).version;

/** As Go prints a group, version and kind. */
function typeOf({ apiVersion = '', kind = '' }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

/** Throws what is wrong with the answer, or what it says is wrong. `uid`: of the question, where the answer repeats it. */
function convertedIn(review: Loose, uid: string | undefined): readonly unknown[] {
  const { apiVersion = '', kind = '' } = review as { apiVersion?: string; kind?: string };
  const wanted = 'apiextensions.k8s.io/v1, Kind=ConversionReview';
  const got = `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
  if (uid !== undefined && got !== wanted) throw new Error(`expected webhook response of ${wanted}, got ${got}`);
  const response = review['response'] as Loose | null | undefined;
  if (typeof response !== 'object' || response === null) throw new Error('no response provided');
  const { uid: answered = '', result, convertedObjects } = response;
  if (uid !== undefined && answered !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`);
  const { status = '', message = '' } = (result ?? {}) as { status?: string; message?: string };
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`);
  return Array.isArray(convertedObjects) ? convertedObjects : [];
}

/** The converted object with the original's metadata, but for labels and annotations. Throws what makes it another one. */
function checked(original: KubeObject, made: unknown, apiVersion: string, who: string): KubeObject {
  const invalid = (text: string) => new Error(`${who} returned invalid object: ${text}`);
  if (!isMap(made)) throw invalid(`invalid type, expected=Unstructured, got=${goType(made)}`);
  const { apiVersion: version = '', kind = '' } = made as { apiVersion?: string; kind?: string };
  const wrong = (what: string, expected: string, received: string) =>
    new Error(
      `${who} returned invalid object at index 0: invalid ${what} (expected ${expected}, received ${received})`,
    );
  if (version !== apiVersion) throw wrong('groupVersion', apiVersion, version);
  if (kind !== original.kind) throw wrong('kind', original.kind ?? '', kind);
  const { metadata } = original;
  const own = made['metadata'] as Loose | undefined;
  for (const [what, before, after] of [
    ['name', metadata.name, own?.['name']],
    ['namespace', metadata.namespace, own?.['namespace']],
    ['UID', metadata.uid, own?.['uid']],
  ] as const) {
    const [expected, received] = [before ?? '', typeof after === 'string' ? after : ''];
    if (expected !== received) throw invalid(`must have the same ${what}: ${expected} != ${received}`);
  }
  try {
    return { ...made, metadata: restored(metadata as Loose, own) } as KubeObject;
  } catch (error) {
    throw new Error(`${who} returned invalid metadata: ${(error as Error).message}`);
  }
}

const CHANGEABLE = [
  ['labels', validateLabels, fieldErrors.path('metadata', 'labels')],
  ['annotations', validateAnnotations, fieldErrors.path('metadata', 'annotation')],
] as const;

function restored(original: Loose, made: unknown): KubeObject['metadata'] {
  if (made === undefined) throw new Error('missing metadata in converted object');
  if (!isMap(made)) throw new Error(`invalid metadata of type ${goType(made)} in converted object`);
  const metadata: Loose = { ...original };
  for (const [field, check, at] of CHANGEABLE) {
    const value = made[field];
    delete metadata[field];
    if (value === undefined || value === null) continue;
    if (!isMap(value)) throw new Error(`invalid metadata.${field} of type ${goType(value)} in converted object`);
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== 'string')
        throw new Error(`metadata.${field}[${key}] must be a string, but is ${goType(item)} in converted object`);
    }
    const texts = value as Record<string, string>;
    const before = (original[field] ?? {}) as Record<string, string>;
    const keys = Object.keys(texts);
    const isChanged = keys.length !== Object.keys(before).length || keys.some((key) => texts[key] !== before[key]);
    const errors = isChanged ? check(texts, at) : [];
    if (errors.length > 0) throw new Error(aggregateText(errors.map(fieldErrors.errorText)));
    metadata[field] = texts;
  }
  return metadata as KubeObject['metadata'];
}

function isMap(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What Go calls the type of a value that was read from JSON. */
function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Number.isInteger(value) ? 'int64' : 'float64';
}
