import type { Secret } from '@keelson/api';
import { type Informer, type InformerFactory, resources } from '@keelson/client';

export const NAMESPACE = 'kube-system';
const TYPE = 'bootstrap.kubernetes.io/token';
const NAME_PREFIX = 'bootstrap-token-';
const ID = /^[a-z0-9]{6}$/;

/** Tokens with which nodes join, and nothing else of the cluster's secrets. */
export function tokenSecrets(informers: InformerFactory): Informer<Secret> {
  return informers.for(resources.secrets, { namespace: NAMESPACE, fieldSelector: `type=${TYPE}` });
}

function textOf({ data }: Secret, key: string): string {
  return Buffer.from(data?.[key] ?? '', 'base64').toString();
}

/** Milliseconds until it is over; undefined: never. A time that cannot be read has passed. */
export function livesFor(secret: Secret, now: number): number | undefined {
  const expiration = textOf(secret, 'expiration');
  if (expiration === '') return undefined;
  const end = Date.parse(expiration);
  return Number.isNaN(end) ? 0 : Math.max(0, end - now);
}

/** A token that signs what joining nodes are told of the cluster; undefined: it is not for that, or not any more. */
export function signingToken(
  secret: Secret,
  now: number,
): { readonly id: string; readonly secret: string } | undefined {
  const id = textOf(secret, 'token-id');
  const key = textOf(secret, 'token-secret');
  if (secret.type !== TYPE || secret.metadata.deletionTimestamp !== undefined) return undefined;
  if (!ID.test(id) || secret.metadata.name !== `${NAME_PREFIX}${id}` || key === '') return undefined;
  if (textOf(secret, 'usage-bootstrap-signing') !== 'true' || livesFor(secret, now) === 0) return undefined;
  return { id, secret: key };
}
