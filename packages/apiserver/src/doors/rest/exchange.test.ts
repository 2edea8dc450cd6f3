import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, get } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connectionOf, drained, hasLeft, type Request, type Response } from './exchange.js';

test('the requests of a connection have it in common, over HTTP/1.1 and HTTP/2', async () => {
  const seen: object[] = [];
  const answer = (request: Request, response: { end(): unknown }) => {
    seen.push(connectionOf(request));
    response.end();
  };
  const http2 = createHttp2Server(answer).listen(0, '127.0.0.1');
  const http = createHttpServer(answer).listen(0, '127.0.0.1');
  await Promise.all([once(http2, 'listening'), once(http, 'listening')]);
  const ask2 = async () => {
    const session = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    for (let turn = 0; turn < 2; turn += 1) await once(session.request({ ':path': '/' }).resume(), 'close');
    session.close();
  };
  const ask = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = 0; turn < 2; turn += 1) {
      const { port } = http.address() as AddressInfo;
      const [response] = await once(get({ host: '127.0.0.1', port, agent }), 'response');
      await once(response.resume(), 'close');
    }
    agent.destroy();
  };
  for (const connection of [ask2, ask2, ask, ask]) await connection();
  http2.close();
  http.close();
  assert.equal(seen.length, 8);
  for (let at = 0; at < 8; at += 2) assert.equal(seen[at], seen[at + 1]);
  assert.equal(new Set(seen).size, 4);
});

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test('one who left before anybody looked is known to have left, over HTTP/1.1 and HTTP/2', async () => {
  const seen = deferred<Response>();
  const answer = (_request: Request, response: Response) => {
    assert.equal(hasLeft(response), false);
    response.once('close', () => setImmediate(() => seen.resolve(response)));
  };
  const look = async (response: Response) => {
    assert.equal(hasLeft(response), true);
    // It would not be told of the end any more.
    await drained(response);
  };
  const http2 = createHttp2Server(answer).listen(0, '127.0.0.1');
  await once(http2, 'listening');
  const session = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => {});
  await once(http2, 'stream');
  stream.close();
  await look(await seen.promise);
  session.destroy();
  http2.close();
  const gone = deferred<Response>();
  const http = createHttpServer((_request, response) => {
    response.once('close', () => setImmediate(() => gone.resolve(response)));
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const request = get({ host: '127.0.0.1', port: (http.address() as AddressInfo).port });
  request.on('error', () => {});
  await once(http, 'request');
  request.destroy();
  await look(await gone.promise);
  http.close();
});
