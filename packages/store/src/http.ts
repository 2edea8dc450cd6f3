import type { HttpAnswer, HttpHandler, Registry } from '@keelson/service';
import type { Replica } from './replica/replica.js';
import { ETCD_VERSION } from './version.js';

/** `/health`, `/livez`, `/readyz`, `/version` and `/metrics` as etcd has them, on every client and metrics port. */
export function httpPages(sources: { readonly registry: Registry; readonly replica: () => Replica }): HttpHandler {
  const { registry, replica } = sources;
  const pages: Readonly<Record<string, (query: URLSearchParams) => Promise<HttpAnswer>>> = {
    '/health': (query) => health(replica(), query),
    '/livez': async () => text(200, 'ok\n'),
    '/readyz': async () => ready(replica()),
    '/version': async () => json(200, { etcdserver: ETCD_VERSION, etcdcluster: ETCD_VERSION }),
    '/metrics': async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() }),
  };
  return async ({ method, path }) => {
    const [name = '/', query = ''] = path.split('?');
    const page = pages[name];
    if (!page) return undefined;
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'Method Not Allowed\n');
    return await page(new URLSearchParams(query));
  };
}

/** Healthy: there is a leader, a read gets through, and no alarm is raised but those the caller excludes. */
async function health(replica: Replica, query: URLSearchParams): Promise<HttpAnswer> {
  const excluded = new Set(query.getAll('exclude').map((name) => name.toUpperCase()));
  try {
    const alarm = replica.machine.alarms.list().find(({ alarm }) => !excluded.has(ALARMS[alarm] ?? ''));
    if (alarm) return unhealthy(`ALARM ${ALARMS[alarm.alarm]}`);
    if (!replica.hasLeader) return unhealthy('RAFT NO LEADER');
    if (query.get('serializable') !== 'true') await replica.linearizable();
    return json(200, { health: 'true', reason: '' });
  } catch (error) {
    return unhealthy(`RANGE ERROR:${(error as Error).message}`);
  }
}

async function ready(replica: Replica): Promise<HttpAnswer> {
  try {
    await replica.linearizable();
    return text(200, 'ok\n');
  } catch (error) {
    return text(503, `[-]linearizable_read failed: ${(error as Error).message}\n`);
  }
}

const ALARMS: Readonly<Record<number, string>> = { 1: 'NOSPACE', 2: 'CORRUPT' };

function unhealthy(reason: string): HttpAnswer {
  return json(503, { health: 'false', reason });
}

function text(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function json(status: number, body: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}
