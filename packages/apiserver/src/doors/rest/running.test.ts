import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { Running } from './running.js';

test('a request is given up when its client leaves, or the server stops', () => {
  const running = new Running();
  const [one, other] = [new EventEmitter(), new EventEmitter()];
  const signals = [one, other].map((client) => running.signalFor(client));
  one.emit('close');
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  assert.equal(signals[0]!.reason.message, 'the client left');
  running.stop(new Error('the server stops'));
  assert.equal(signals[1]!.reason.message, 'the server stops');
  other.emit('close');
  assert.equal(signals[1]!.reason.message, 'the server stops');
  assert.equal(running.signalFor(new EventEmitter()).reason.message, 'the server stops');
});

test('a signal that is asked for late knows what happened before', () => {
  const running = new Running();
  const client = Object.assign(new EventEmitter(), { destroyed: false });
  const waiting = running.waiting(client);
  assert.equal(client.listenerCount('close'), 0);
  client.destroyed = true;
  client.emit('close');
  assert.equal(waiting.signal.reason.message, 'the client left');
  assert.equal(waiting.signal, waiting.signal);
});
