import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ClusterUnderTest, until } from './processes.js';

/** Passes connections on to a port, until it cuts them. */
class Relay {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(port: number, target: number) {
    this.#server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.pipe(near);
    }).listen(port, '127.0.0.1');
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

describe('links between members that break', () => {
  let cluster: ClusterUnderTest;
  let proxies: Relay[];

  before(async () => {
    const started = await ClusterUnderTest.startThrough(3, (port, target) => new Relay(port, target));
    cluster = started.cluster;
    proxies = started.between;
  });
  after(async () => {
    await cluster?.stop();
    for (const proxy of proxies ?? []) proxy.close();
  });

  test('cost a write through a follower a moment, not an error, and do it neither twice nor never', async () => {
    const leader = await cluster.leader();
    const follower = cluster.members.find((member) => member !== leader)!;
    const client = cluster.client([follower.clientUrl]);
    const key = Buffer.from('counted');
    const errors: unknown[] = [];
    let written = 0;
    let stopped = false;
    const write = async () => {
      while (!stopped) {
        // A write that waits longer than this was lost until the request's own time was over.
        await client.kv.put({ key, value: Buffer.from('x') }, { timeoutMs: 5_000 }).then(
          () => {
            written += 1;
          },
          (error: unknown) => errors.push(error),
        );
      }
    };
    const writers = Array.from({ length: 8 }, write);
    for (let round = 0; round < 10; round += 1) {
      const goal = written + 50;
      await until(async () => written >= goal, `${goal} writes`);
      for (const proxy of proxies) proxy.cut();
    }
    stopped = true;
    await Promise.all(writers);
    assert.deepEqual(errors, []);
    const { kvs } = await client.kv.range({ key });
    assert.equal(kvs[0]?.version, written);
    client.close();
  });
});
