import {
  apiErrors,
  type BoundObjectReference,
  invalidObject,
  type Kind,
  type KubeObject,
  type Pod,
  requestKinds,
  type ServiceAccount,
  type TokenRequest,
  trackUpdate,
} from '@keelson/api';
import { type Clock, type Random, rfc3339 } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import type { BoundObject, ServiceAccountTokens } from '../auth/tokens/service-account-tokens.js';
import type { Answer } from '../registry/answer.js';
import type { ObjectCollection } from '../registry/collection.js';
import { decodeBody } from '../registry/decode-body.js';
import type { Subresource } from '../registry/handler.js';
import { writerOf } from '../registry/managers.js';
import { checkWriteOptions, fieldValidationOf, isDryRun } from '../registry/options.js';

export interface TokenSubresourceDependencies {
  admission: Admission;
  tokens: ServiceAccountTokens;
  clock: Clock;
  random: Random;
  pods: ObjectCollection;
  secrets: ObjectCollection;
  nodes: ObjectCollection;
}

/** Makes a token of a service account. */
export function tokenSubresource(dependencies: TokenSubresourceDependencies): Subresource {
  const { admission, tokens, clock, random } = dependencies;
  const kind = requestKinds.find((it) => it.kind === 'TokenRequest') as unknown as Kind<TokenRequest & KubeObject>;
  return {
    async create(collection, request, context): Promise<Answer> {
      checkWriteOptions('CreateOptions', request.options);
      const { namespace, name } = request.path;
      const wanted = decodeBody(
        kind as unknown as Kind,
        request.body,
        fieldValidationOf(request.options),
        context.warn,
      ) as KubeObject & TokenRequest;
      kind.defaults(wanted);
      trackUpdate(undefined, wanted, kind, writerOf(kind as unknown as Kind, 'token', request.options, context, clock));
      settle(wanted, 'name', name);
      settle(wanted, 'namespace', namespace);
      const dryRun = isDryRun(request.options);
      await admission.connect({
        kind: collection.kind,
        namespace,
        object: wanted,
        subresource: 'token',
        gvk: kind,
        context,
        options: request.options,
        dryRun,
      });
      const account = (await collection.read(namespace, name)).stored?.object as ServiceAccount | undefined;
      if (account === undefined) throw apiErrors.notFound(collection.kind, name);
      const errors = kind.validate(wanted);
      if (errors.length > 0) throw invalidObject(kind as unknown as Kind, '', errors);
      const { spec = {} } = wanted;
      const audiences = (spec.audiences ?? []).length > 0 ? spec.audiences! : [...tokens.apiAudiences];
      const bound = await boundObject(dependencies, account, spec.boundObjectRef);
      wanted.metadata.uid = random.uuid();
      wanted.metadata.creationTimestamp = rfc3339(clock.now());
      wanted.spec = { ...spec, audiences, boundObjectRef: spec.boundObjectRef ?? (null as unknown as undefined) };
      if (!dryRun) {
        const { token, expires } = await tokens.issue(account, audiences, spec.expirationSeconds ?? 3600, bound);
        wanted.status = { token, expirationTimestamp: rfc3339(expires) };
      }
      return { type: 'status', code: 201, object: wanted };
    },
  };
}

function settle({ metadata }: KubeObject, field: 'name' | 'namespace', value: string): void {
  const given = metadata[field] ?? '';
  if (given !== '' && given !== value) {
    const what = field === 'name' ? 'service account name' : 'namespace';
    throw apiErrors.badRequest(`the ${what} of the provided object does not match the ${what} sent on the request`);
  }
  metadata[field] = value;
}

async function boundObject(
  { pods, secrets, nodes }: TokenSubresourceDependencies,
  account: ServiceAccount,
  reference: BoundObjectReference | undefined,
): Promise<BoundObject | undefined> {
  if (reference == null) return undefined;
  const { kind = '', apiVersion = '', name = '', uid = '' } = reference;
  const { namespace = '' } = account.metadata;
  const places = new Map([
    ['Pod', { collection: pods, in: namespace }],
    ['Secret', { collection: secrets, in: namespace }],
    ['Node', { collection: nodes, in: '' }],
  ]);
  const place = apiVersion === 'v1' ? places.get(kind) : undefined;
  if (place === undefined) {
    const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw apiErrors.badRequest(`cannot bind token to object of type ${version}, Kind=${kind}`);
  }
  const { stored } = await place.collection.read(place.in, name);
  if (stored === undefined) throw apiErrors.notFound(place.collection.kind, name);
  const found = stored.object.metadata.uid ?? '';
  if (uid !== '' && uid !== found) {
    const text = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw apiErrors.conflict({ group: '', plural: kind }, name, text);
  }
  if (kind === 'Pod') return boundPod(stored.object as Pod, account, nodes);
  return { kind: kind as 'Secret' | 'Node', name, uid: found };
}

function boundPod({ metadata, spec }: Pod, account: ServiceAccount, nodes: ObjectCollection): BoundObject {
  if (spec?.serviceAccountName !== account.metadata.name) {
    const text = `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`;
    throw apiErrors.badRequest(text);
  }
  const node = spec?.nodeName ? nodes.cache.get(spec.nodeName)?.object : undefined;
  const on = node && { name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' };
  return { kind: 'Pod', name: metadata.name ?? '', uid: metadata.uid ?? '', node: on };
}
