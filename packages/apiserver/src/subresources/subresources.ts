import type { Clock, Random } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import type { ServiceAccountTokens } from '../auth/tokens/service-account-tokens.js';
import type { Collections } from '../registry/collections.js';
import type { Deleter } from '../registry/deleter.js';
import type { Subresource } from '../registry/handler.js';
import type { Reader } from '../registry/reader.js';
import type { Registry } from '../registry/registry.js';
import { evictionSubresource } from './eviction.js';
import { finalizeSubresource } from './finalize.js';
import { APPROVAL, EPHEMERAL_CONTAINERS, partSubresource, RESIZE } from './parts.js';
import { scaleSubresource } from './scale.js';
import { tokenSubresource } from './token.js';

export interface SubresourceDependencies {
  admission: Admission;
  registry: Registry;
  deleter: Deleter;
  reader: Reader;
  collections: Collections;
  tokens: ServiceAccountTokens;
  binding: Subresource;
  clock: Clock;
  random: Random;
}

/** All that have rules of their own, by group, resource and name; `*` stands for every group and resource. */
export function subresources(dependencies: SubresourceDependencies): ReadonlyMap<string, Subresource> {
  const { admission, registry, deleter, reader, collections, tokens, binding, clock, random } = dependencies;
  const core = (plural: string) => collections.required('', plural);
  const bindable = { pods: core('pods'), secrets: core('secrets'), nodes: core('nodes') };
  const budgets = collections.find('policy', 'v1', 'poddisruptionbudgets');
  return new Map<string, Subresource>([
    ['*/*/scale', scaleSubresource({ registry, reader, clock })],
    ['/pods/binding', binding],
    ['/pods/resize', partSubresource(RESIZE, { registry, reader })],
    ['/pods/ephemeralcontainers', partSubresource(EPHEMERAL_CONTAINERS, { registry, reader })],
    ['certificates.k8s.io/certificatesigningrequests/approval', partSubresource(APPROVAL, { registry, reader })],
    ['/pods/eviction', evictionSubresource({ admission, deleter, reader, clock, budgets })],
    ['/namespaces/finalize', finalizeSubresource],
    ['/serviceaccounts/token', tokenSubresource({ admission, tokens, clock, random, ...bindable })],
  ]);
}
