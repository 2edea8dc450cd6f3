import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, PodStatus } from '@keelson/api';
import { seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { StatusManager } from './status-manager.js';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', resourceVersion: '1' },
  spec: { containers: [] },
};

/** A status manager, and what the API server was told. */
function world() {
  const told: (string | undefined)[] = [];
  let version = 1;
  const client = {
    patch: async (_resource: unknown, _key: unknown, _type: unknown, body: unknown) => {
      const { status } = body as { status: PodStatus };
      told.push(status.phase);
      version += 1;
      return { ...POD, metadata: { ...POD.metadata, resourceVersion: String(version) }, status };
    },
  } as unknown as ConstructorParameters<typeof StatusManager>[0]['client'];
  const { signal } = new AbortController();
  const common = { clock: new ManualClock(), random: seededRandom(3), logger: silentLogger };
  return { manager: new StatusManager({ client, signal, ...common }), told };
}

describe('StatusManager', () => {
  it('tells what is set just as the last status was heard', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { manager, told } = world();
      manager.set(POD, { phase: 'Pending' });
      for (let turn = 0; turn < turns; turn++) await undefined;
      manager.set(POD, { phase: 'Running' });
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(told.at(-1), 'Running', `${turns} turns after the first`);
    }
  });
});
