import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FreePorts } from './free-ports.js';
import { listen, tcpServer } from './servers.js';

describe('FreePorts', () => {
  it('gives each port once, below those of connections that go out, and other processes other ones', async () => {
    const mine = new FreePorts(7);
    const ports = [...(await mine.take(5)), ...(await mine.take(5)), ...(await new FreePorts(8).take(10))];
    assert.equal(new Set(ports).size, 20);
    for (const port of ports) assert.ok(port >= 10_000 && port < 32_000, String(port));
  });

  it('passes over a port that is used, and begins a row after it', async () => {
    const [used = 0] = await new FreePorts(11).take(1);
    const server = tcpServer({}, (socket) => void socket.destroy());
    await listen(server, { host: '127.0.0.1', port: used });
    try {
      const [next = 0] = await new FreePorts(11).take(1);
      assert.ok(next > used);
      assert.ok((await new FreePorts(11).takeRow(20)) > used);
    } finally {
      server.close();
    }
  });
});
