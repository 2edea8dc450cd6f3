import { allKinds, type Kind } from '@keelson/api';
import { type Body, deletionBody, objectBody, patchBody } from './bodies.js';
import { type Chooser, hostileString } from './hostile.js';

/** A request that an HTTP client can send. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const OTHER_METHODS = ['HEAD', 'OPTIONS', 'TRACE', 'COPY', 'PROPFIND', 'QUERY'];
const OTHER_PATHS = [
  ...['/', '//', '/api', '/api/', '/apis', '/apis/x', '/apis/apps/v1/', '/api/v1//pods', '/api/v2/pods', '/version/x'],
  ...[
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/api/v1',
    '/openapi/v3/__proto__',
    '/healthz/x',
    '/readyz?exclude=__proto__',
  ],
  ...[
    '/livez?verbose',
    '/metrics',
    '/statusz',
    '/flagz',
    '/debug/',
    '/debug/__proto__',
    '/.well-known/x',
    '/openid/v1/jwks',
  ],
  ...['/apis/__proto__/v1/constructor', '/api/v1/__proto__', '/api/constructor/pods', '/api/v1/namespaces//pods/'],
  ...['/api/v1/nodes/a/proxy', '/api/v1/nodes/a:x/proxy/y', '/api/v1/namespaces/default/services/https:a:b:c/proxy/'],
  ...['/api/v1/namespaces/default/pods/a/proxy/%2e%2e/', '/api/v1/watch', '/api/v1/watch/pods/', '/api/v1/watch/x/y/z'],
];
const ACCEPTS = [
  ...['application/json', '*/*', '', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/html', 'x', ','],
  ...['application/json;as=Table;g=meta.k8s.io;v=v1', 'application/json;as=Table;g=meta.k8s.io;v=v9,application/json'],
  ...['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'application/json;as=__proto__;g=__proto__;v=x'],
  ...['application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'application/json;q=x'],
  ...[
    'application/json;stream=watch',
    'application/cbor',
    '*/*;q=0',
    'application/json;as=Table;g=meta.k8s.io;v=v1;q=-1',
  ],
];
const NUMBERS = ['0', '1', '-1', '5', 'x', '', '1.5', '1e3', '99999999999999999999', '0x10', ' 1', '+5'];
const TRUTHS = ['true', 'false', '1', '0', '', 'x', 'True'];
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  limit: NUMBERS,
  timeoutSeconds: NUMBERS,
  gracePeriodSeconds: NUMBERS,
  resourceVersion: [...NUMBERS, '7'],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x', ''],
  continue: ['x', 'e30', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi8ifQ', '%00', ''],
  allowWatchBookmarks: TRUTHS,
  sendInitialEvents: TRUTHS,
  force: TRUTHS,
  orphanDependents: TRUTHS,
  pretty: TRUTHS,
  dryRun: ['All', 'x', '', 'all'],
  fieldManager: ['me', '', 'x'.repeat(200), '\u0001', 'é'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x', ''],
  propagationPolicy: ['Orphan', 'Background', 'x'],
  includeObject: ['None', 'Object', 'Metadata', 'x'],
  container: ['', 'a', '__proto__'],
  ports: ['80', '0', '70000', 'x', ','],
};

/** A request about a kind, or about nothing that is served. */
export function restRequest(namespace: string, choose: Chooser): RestRequest {
  const method = choose.chance(0.05) ? choose.of(OTHER_METHODS) : choose.of(METHODS);
  const headers = headersOf(choose);
  if (choose.chance(0.1)) {
    const body = method === 'GET' || method === 'HEAD' ? undefined : deletionBody(choose);
    return { method, path: choose.of(OTHER_PATHS), headers, body };
  }
  const kind = kindFor(choose);
  const name = choose.chance(0.8) ? choose.of(['a', 'b']) : hostileString(choose);
  const path = pathOf(kind, namespace, name, method, choose) + queryOf(method, choose);
  return { method, path, headers, body: bodyOf(kind, namespace, name, method, choose) };
}

/** Of these there are some. */
const USUAL = allKinds.filter(({ plural }) =>
  ['configmaps', 'pods', 'services', 'deployments', 'namespaces'].includes(plural),
);

/** Webhooks that do not answer would refuse everything that comes later. */
export const FUZZED = allKinds.filter(({ plural }) => !plural.endsWith('webhookconfigurations'));

export function kindFor(choose: Chooser): Kind {
  return choose.of(choose.chance(0.4) ? USUAL : FUZZED);
}

function pathOf(kind: Kind, namespace: string, name: string, method: string, choose: Chooser): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const space = choose.chance(0.95) ? namespace : hostileString(choose);
  const scope = (kind.scope === 'Namespaced') === choose.chance(0.97) ? `/namespaces/${escaped(space)}` : '';
  const isNamed = method === 'POST' ? choose.chance(0.2) : choose.chance(0.85);
  const named = isNamed ? `/${escaped(name)}` : '';
  const known = kind.subresources.map((it) => it.name);
  const others = [
    'status',
    'scale',
    'exec',
    'log',
    'attach',
    'portforward',
    'proxy',
    'eviction',
    'binding',
    'token',
    'x',
    '..',
  ];
  const isDeep = isNamed && choose.chance(method === 'POST' ? 0.8 : 0.25);
  const deep = isDeep ? `/${choose.chance(0.6) && known.length > 0 ? choose.of(known) : choose.of(others)}` : '';
  const watch = choose.chance(0.01) ? '/watch' : '';
  return `${root}${watch}${scope}/${kind.plural}${named}${deep}`;
}

/** What has no form in UTF-8 is escaped as something that has none either. */
function escaped(text: string): string {
  try {
    return encodeURIComponent(text) || '%20';
  } catch {
    return '%ed%a0%80';
  }
}

function queryOf(method: string, choose: Chooser): string {
  if (choose.chance(0.5)) return '';
  const names = choose.many(3, () => choose.of(Object.keys(OPTIONS)));
  const parts = names.map((name) => `${name}=${escaped(choose.of(OPTIONS[name]!))}`);
  for (const name of ['labelSelector', 'fieldSelector'])
    if (choose.chance(0.2)) parts.push(`${name}=${escaped(hostileString(choose).slice(0, 2_000))}`);
  if (method === 'GET' && choose.chance(0.1)) parts.push(`watch=${choose.of(TRUTHS)}`);
  if (choose.chance(0.05)) parts.push(choose.of(['%', '&&=', '__proto__=x', 'a=%ff', '=']));
  return `?${parts.join('&')}`;
}

function bodyOf(kind: Kind, namespace: string, name: string, method: string, choose: Chooser): Body | undefined {
  if (method === 'POST' || method === 'PUT') return objectBody(kind, namespace, name, choose);
  if (method === 'PATCH') return patchBody(kind, namespace, name, choose);
  if (method === 'DELETE') return deletionBody(choose);
  return undefined;
}

function headersOf(choose: Chooser): Record<string, string> {
  const headers: Record<string, string> = {};
  if (choose.chance(0.4)) headers['accept'] = choose.of(ACCEPTS);
  if (choose.chance(0.03))
    headers['authorization'] = choose.of(['Bearer x', 'Bearer ', 'Basic eA==', 'x', 'Bearer a.b.c']);
  if (choose.chance(0.03))
    headers['impersonate-user'] = choose.of(['tom', '', 'system:node:a', 'system:serviceaccount:a:b']);
  if (choose.chance(0.02)) headers['impersonate-group'] = choose.of(['g', '', 'system:masters']);
  if (choose.chance(0.02)) headers[`impersonate-extra-${choose.of(['a', '%zz', '__proto__', ''])}`] = 'x';
  if (choose.chance(0.03)) headers['audit-id'] = choose.of(['x', 'é', 'y'.repeat(3_000)]);
  if (choose.chance(0.02)) headers['x-forwarded-for'] = choose.of(['1.2.3.4', 'x,y', '::1, 8.8.8.8', ',']);
  if (choose.chance(0.02)) headers['if-match'] = '*';
  return headers;
}
