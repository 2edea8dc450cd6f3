import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RaftError } from './errors.js';
import { resolveOptions } from './options.js';

const good = { id: 'a', electionTicks: 10, heartbeatTicks: 1, random: () => 0 };

test('options that cannot work are refused', () => {
  const refused = (change: object, message: RegExp) =>
    assert.throws(
      () => resolveOptions({ ...good, ...change }),
      (error) => {
        assert.ok(error instanceof RaftError);
        assert.equal(error.code, 'invalidOption');
        assert.match(error.message, message);
        return true;
      },
    );
  refused({ id: '' }, /id/);
  refused({ electionTicks: 1 }, /electionTicks/);
  refused({ heartbeatTicks: 0 }, /heartbeatTicks/);
  refused({ readOnly: 'lease', checkQuorum: false }, /checkQuorum/);
  refused({ inflightMessagesMax: 0 }, /inflightMessagesMax/);
  assert.equal(resolveOptions(good).preVote, true);
});
