import type { HttpCall, HttpCaller } from '@keelson/service';
import type { Contender } from './contender.js';

const NAMESPACE = 'bench';
const JSON_TYPE = { 'content-type': 'application/json', accept: 'application/json' };

export const pathOf = (plural: string, name = '') =>
  `/api/v1/namespaces/${NAMESPACE}/${plural}${name === '' ? '' : `/${name}`}`;

/** As many bytes of data as users' small objects have. */
const VALUE = 'v'.repeat(256);

export function configMap(name: string, value = VALUE, labels: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE, labels },
    data: { key: value },
  };
}

/** A pod as a Deployment makes them. */
export function pod(name: string, labels: Readonly<Record<string, string>> = {}): object {
  const resources = { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } };
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: 'web', 'pod-template-hash': '6b7f8c9d5', ...labels } },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'registry.example/web:1.2.3',
          ports: [{ containerPort: 8080 }],
          env: [{ name: 'MODE', value: 'production' }],
          resources,
          readinessProbe: probe,
        },
      ],
    },
  };
}

export function call(method: string, path: string, body?: object, contentType?: string): HttpCall {
  const headers = contentType === undefined ? JSON_TYPE : { ...JSON_TYPE, 'content-type': contentType };
  if (body === undefined) return { method, path, headers: { accept: headers.accept } };
  return { method, path, headers, body: Buffer.from(JSON.stringify(body)) };
}

/** Sends a request that has to succeed. @throws Error with what the server said */
export async function succeed(caller: HttpCaller, request: HttpCall): Promise<Buffer> {
  const { status, body } = await caller.request(request);
  if (status >= 200 && status < 300) return body;
  throw new Error(`${request.method} ${request.path}: ${status} ${body.toString('utf8', 0, 300)}`);
}

const FILL_CLIENTS = 64;
const FILL_CONNECTIONS = 4;

/** What every load needs to be there. */
export async function prepare(contender: Contender, more: (caller: HttpCaller) => Promise<void>): Promise<void> {
  const [caller] = contender.open(1);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  try {
    await succeed(caller!, call('POST', '/api/v1/namespaces', namespace));
    await succeed(caller!, call('POST', pathOf('serviceaccounts'), account));
    await more(caller!);
  } finally {
    caller!.close();
  }
}

/** Creates `count` objects at a path; resolves with how many a second. */
export async function fill(
  contender: Contender,
  path: string,
  count: number,
  make: (at: number) => object,
  now: () => number,
): Promise<number> {
  const callers = contender.open(FILL_CONNECTIONS);
  const begin = now();
  let next = 0;
  const client = async (caller: HttpCaller) => {
    while (next < count) {
      const at = next;
      next += 1;
      await succeed(caller, call('POST', path, make(at)));
    }
  };
  try {
    await Promise.all(Array.from({ length: FILL_CLIENTS }, (_, at) => client(callers[at % callers.length]!)));
  } finally {
    for (const caller of callers) caller.close();
  }
  return (count * 1000) / (now() - begin);
}
