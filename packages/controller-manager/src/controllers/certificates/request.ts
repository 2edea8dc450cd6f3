import 'reflect-metadata';
import type { CertificateSigningRequest } from '@keelson/api';
import {
  type GeneralName,
  type JsonName,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { findCondition } from '../../framework/conditions.js';

export const SIGNERS = {
  kubeletServing: 'kubernetes.io/kubelet-serving',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  apiserverClient: 'kubernetes.io/kube-apiserver-client',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const;

const NODE_PREFIX = 'system:node:';
const NODE_GROUP = 'system:nodes';

/** What a request for a certificate asks for. */
export interface Asked {
  readonly parsed: Pkcs10CertificateRequest;
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** How many alternative names there are of each type. */
  readonly names: ReadonlyMap<string, number>;
  readonly usages: ReadonlySet<string>;
}

/** @throws Error if it is no request (the API server takes none that is not) */
export function readRequest({ spec = {} }: CertificateSigningRequest): Asked {
  const pem = Buffer.from(spec.request ?? '', 'base64').toString();
  const parsed = new Pkcs10CertificateRequest(pem);
  const fields = parsed.subjectName.toJSON();
  const names = new Map<string, number>();
  for (const { type } of alternativeNames(parsed)) names.set(type, (names.get(type) ?? 0) + 1);
  return {
    parsed,
    commonName: valuesOf(fields, 'CN').at(-1) ?? '',
    organizations: valuesOf(fields, 'O'),
    names,
    usages: new Set(spec.usages ?? []),
  };
}

export function alternativeNames(parsed: Pkcs10CertificateRequest): readonly GeneralName[] {
  const extension = parsed.extensions.find((it) => it instanceof SubjectAlternativeNameExtension);
  return extension?.names.items ?? [];
}

function valuesOf(name: JsonName, field: string): string[] {
  return name.flatMap((part) => part[field] ?? []);
}

/** Whether it was approved, and neither denied nor failed. */
export function isApproved(request: CertificateSigningRequest): boolean {
  const isTrue = (type: string) => findCondition(request.status?.conditions, type)?.status === 'True';
  const has = (type: string) => findCondition(request.status?.conditions, type) !== undefined;
  return has('Approved') && !has('Denied') && !isTrue('Failed');
}

/** What is wrong with a kubelet's request for a client certificate, in upstream's words. */
export function kubeletClientProblem({ organizations, names, commonName, usages }: Asked): string | undefined {
  if (!isNodesOnly(organizations)) return 'subject organization is not system:nodes';
  if (names.has('dns')) return 'DNS subjectAltNames are not allowed';
  if (names.has('email')) return 'Email subjectAltNames are not allowed';
  if (names.has('ip')) return 'IP subjectAltNames are not allowed';
  if (names.has('url')) return 'URI subjectAltNames are not allowed';
  if (!commonName.startsWith(NODE_PREFIX)) return `subject common name does not begin with ${NODE_PREFIX}`;
  return usagesProblem(usages, 'client auth');
}

/** What is wrong with a kubelet's request for the certificate that it serves with, in upstream's words. */
export function kubeletServingProblem({ organizations, names, commonName, usages }: Asked): string | undefined {
  if (!isNodesOnly(organizations)) return 'subject organization is not system:nodes';
  if (!names.has('dns') && !names.has('ip')) return 'DNS or IP subjectAltName is required';
  if (names.has('email')) return 'Email subjectAltNames are not allowed';
  if (names.has('url')) return 'URI subjectAltNames are not allowed';
  const problem = usagesProblem(usages, 'server auth');
  if (problem !== undefined) return problem;
  return commonName.startsWith(NODE_PREFIX) ? undefined : `subject common name does not begin with ${NODE_PREFIX}`;
}

/** What is wrong with a request for a certificate of a client of the API server, in upstream's words. */
export function apiserverClientProblem({ usages }: Asked): string | undefined {
  for (const usage of usages) {
    if (!['digital signature', 'key encipherment', 'client auth'].includes(usage))
      return `invalid usage for client certificate: ${usage}`;
  }
  return usages.has('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function isNodesOnly(organizations: readonly string[]): boolean {
  return organizations.length === 1 && organizations[0] === NODE_GROUP;
}

/** Exactly these, with or without what keys of RSA are for. */
function usagesProblem(usages: ReadonlySet<string>, own: 'client auth' | 'server auth'): string | undefined {
  const required = own === 'client auth' ? [own, 'digital signature'] : ['digital signature', own];
  const all =
    own === 'client auth'
      ? [own, 'digital signature', 'key encipherment']
      : ['digital signature', 'key encipherment', own];
  const others = usages.size - required.length - (usages.has('key encipherment') ? 1 : 0);
  if (others === 0 && required.every((it) => usages.has(it))) return undefined;
  return `usages did not match [${all.join(' ')}]`;
}
