import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubjectAccessReview, TokenReview } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import type { ApiClient } from '../api-client.js';
import type { Resource } from '../resource.js';
import { DelegatedAccess } from './delegated-access.js';

/** An API server that knows one token, and lets scrapers get /metrics. */
function delegated() {
  const asked: string[] = [];
  let away = false;
  const create = async ({ kind }: Resource, { spec }: TokenReview & SubjectAccessReview) => {
    if (away) throw new Error('no connection');
    asked.push(kind);
    if (kind === 'TokenReview') {
      const known = spec?.token === 'good';
      return { status: { authenticated: known, user: known ? { username: 'prom', groups: ['scrapers'] } : {} } };
    }
    const { verb, path } = spec?.nonResourceAttributes ?? {};
    const allowed = verb === 'get' && path === '/metrics' && spec?.groups?.includes('scrapers') === true;
    return { status: { allowed } };
  };
  const clock = new ManualClock();
  const wanted = (verb: string, path: string) => ({ nonResourceAttributes: { verb, path } });
  const access = new DelegatedAccess(
    { ca: Buffer.alloc(0), wanted },
    { client: { create } as unknown as ApiClient, clock },
  );
  const status = async (token?: string, certificate?: { raw: Buffer; fingerprint256: string; intermediates: [] }) =>
    (
      await access.guard({
        verb: 'get',
        path: '/metrics',
        certificate,
        authorization: token && `Bearer ${token}`,
      })
    )?.status;
  const goAway = () => {
    away = true;
  };
  return { asked, clock, status, goAway };
}

test('tokens and rights are the API server’s to know', async () => {
  const { status } = delegated();
  assert.equal(await status('good'), undefined);
  assert.equal(await status('bad'), 401);
  assert.equal(await status(), 403);
  const stranger = { raw: Buffer.from('no certificate'), fingerprint256: 'x', intermediates: [] as [] };
  assert.equal(await status(undefined, stranger), 401);
  assert.equal(await status('good', stranger), undefined);
});

test('an answer is good for a while, and without one nobody is let in', async () => {
  const { asked, clock, status, goAway } = delegated();
  await status('good');
  await status('good');
  assert.deepEqual(asked, ['TokenReview', 'SubjectAccessReview']);
  clock.advance(10_001);
  goAway();
  assert.equal(await status('good'), 503);
});
