import assert from 'node:assert/strict';
import { get } from 'node:https';
import { after, before, test } from 'node:test';
import { WebServerUnderTest } from '../../../test/web-server.js';
import { drained, hasLeft, type Response } from './exchange.js';

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

let seen = deferred<Response>();
const gone = new Set<Response>();
const web = new WebServerUnderTest((_request, response) => {
  assert.equal(hasLeft(response), false);
  response.once('close', () => void gone.add(response));
  seen.resolve(response);
});
before(() => web.start());
after(() => web.stop());

async function look(response: Response): Promise<void> {
  while (!gone.has(response)) await new Promise(setImmediate);
  assert.equal(hasLeft(response), true);
  // It would not be told of the end any more.
  await drained(response);
}

test('one who left before anybody looked is known to have left, over HTTP/1.1 and HTTP/2', async () => {
  const session = web.connect();
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => {});
  const overHttp2 = await seen.promise;
  stream.close();
  await look(overHttp2);
  session.destroy();
  seen = deferred<Response>();
  const request = get({ host: '127.0.0.1', port: web.port, ca: web.ca, agent: false });
  request.on('error', () => {});
  const overHttp1 = await seen.promise;
  request.destroy();
  await look(overHttp1);
});
