import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StatusGuard, type StatusPage, StatusServer } from './http-status.js';
import { createMetrics } from './metrics.js';

async function serving(
  guard: StatusGuard | undefined,
  run: (get: (path: string) => Promise<Response>) => Promise<void>,
) {
  const readiness = new Map([['ping', () => undefined]]);
  const page: StatusPage = async ({ searchParams }) => ({ status: 200, type: 'text/html', text: `${searchParams}` });
  const pages = new Map([['/own', page]]);
  const registry = createMetrics();
  const server = new StatusServer({ host: '127.0.0.1', port: 0 }, { registry, readiness, pages, guard });
  const port = await server.listen();
  try {
    await run((path) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: 'Bearer t', connection: 'close' } }),
    );
  } finally {
    await server.close();
  }
}

test('health is everybody’s, the rest is for whom the guard lets by', async () => {
  const asked: unknown[] = [];
  const guard: StatusGuard = async ({ verb, path, authorization }) => {
    asked.push([verb, path, authorization]);
    return { status: 403, text: 'no\n' };
  };
  await serving(guard, async (get) => {
    for (const path of ['/livez', '/readyz', '/healthz']) assert.equal((await get(path)).status, 200, path);
    assert.deepEqual(asked, []);
    const refused = await get('/metrics?x=1');
    assert.deepEqual([refused.status, await refused.text()], [403, 'no\n']);
    for (const path of ['/nothing', '/own']) assert.equal((await get(path)).status, 403);
    assert.deepEqual(asked[0], ['get', '/metrics', 'Bearer t']);
  });
});

test('who is let by sees metrics; a guard that fails lets nobody by', async () => {
  await serving(
    async () => undefined,
    async (get) => {
      assert.match(await (await get('/metrics')).text(), /process_cpu/);
      assert.equal((await get('/nothing')).status, 404);
      const own = await get('/own?x=1');
      assert.deepEqual([await own.text(), own.headers.get('content-type')], ['x=1', 'text/html']);
    },
  );
  const failing = () => Promise.reject(new Error('gone'));
  await serving(failing, async (get) => {
    await assert.rejects(get('/metrics'));
    assert.equal((await get('/livez')).status, 200);
  });
});
