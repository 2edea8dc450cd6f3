import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import type { WatchStream } from '../registry/watch.js';
import { FREE, type Limiter, type Ticket } from './limiter.js';
import { Overloaded } from './overloaded.js';
import { WatchBound } from './watch-bound.js';

const QUIET = { signal: new AbortController().signal };

function asked(user: string, verb = 'watch', groups: string[] = []): AuthorizationAttributes {
  const where = { group: '', resource: 'pods', subresource: '', namespace: '', name: '' };
  return { user: { user, groups }, verb, ...where };
}

/** Streams of which nothing matters but that they end. */
function stream(): { it: WatchStream; end(): void } {
  const closers: (() => void)[] = [];
  const it = { onClose: (close: () => void) => void closers.push(close) } as unknown as WatchStream;
  return { it, end: () => closers.splice(0).forEach((close) => void close()) };
}

test('a user has so many watches at once, and may have others when some end', () => {
  const inner: Limiter = { inFlight: { readOnly: 0, mutating: 0 }, admit: () => FREE };
  const bound = new WatchBound(2, inner);
  const admit = (...who: Parameters<typeof asked>) => bound.admit(asked(...who), undefined, QUIET) as Ticket;
  const own = stream();
  const first = admit('u');
  first.watching(own.it);
  first.release();
  const second = admit('u');
  assert.throws(() => admit('u'), Overloaded);
  admit('other');
  admit('u', 'list');
  admit('u', 'watch', ['system:masters']);
  // It never became a watch.
  second.release();
  second.release();
  const third = admit('u');
  assert.throws(() => admit('u'), Overloaded);
  own.end();
  admit('u').release();
  third.release();
});

test('one that is refused, at once or after waiting, does not count', async () => {
  let answer: () => Ticket | Promise<Ticket> = () => {
    throw new Overloaded(1);
  };
  const bound = new WatchBound(1, { inFlight: { readOnly: 0, mutating: 0 }, admit: () => answer() });
  const admit = () => bound.admit(asked('u'), undefined, QUIET);
  assert.throws(admit, Overloaded);
  answer = () => Promise.reject(new Overloaded(1));
  await assert.rejects(async () => admit(), Overloaded);
  answer = () => Promise.resolve(FREE);
  const ticket = await admit();
  assert.throws(admit, Overloaded);
  ticket.release();
  assert.ok(admit() instanceof Promise);
});
