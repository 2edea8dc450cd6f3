import assert from 'node:assert/strict';
import { test } from 'node:test';
import { raft } from '@keelson/protocol';
import { CommandKind, encodeCommand } from '../apply/command.js';
import { fromWire, WireError } from './wire.js';

type Fields = Parameters<typeof raft.Message.encode>[0];
const read = (fields: Fields) => fromWire(raft.Message.decode(raft.Message.encode(fields)), 'a', 'b');
const NONE = Buffer.alloc(0);
const { APPEND, HEARTBEAT, PROPOSE, VOTE } = raft.MessageType;

test('what no member sends is refused by one error, whatever it is', () => {
  const entry = (term: number, type = 0) => ({ term, type, data: Buffer.alloc(0) });
  const cases: Fields[] = [
    { type: 99 as raft.MessageType },
    { type: HEARTBEAT, term: 2 ** 60 },
    { type: HEARTBEAT, term: 1, commit: 2 ** 63 },
    { type: APPEND, term: 3, index: 1, logTerm: 2, entries: [entry(1)] },
    { type: APPEND, term: 3, logTerm: 2 },
    { type: VOTE, term: 3, hintTerm: 2 },
    { type: APPEND, term: 3, index: 1, logTerm: 2, entries: [entry(4)] },
    { type: APPEND, term: 3, index: 1, logTerm: 2, entries: [entry(3, 7)] },
  ];
  const command = (kind: number) =>
    encodeCommand({ kind: kind as 1, origin: 1n, sequence: 1, author: 'nobody', body: NONE });
  for (const data of [NONE, Buffer.from('junk'), command(63), command(CommandKind.memberAdd)])
    cases.push({ type: PROPOSE, term: 1, proposals: [command(CommandKind.put), data] });
  for (const fields of cases) assert.throws(() => read(fields), WireError);
  assert.equal(read({ type: APPEND, term: 3, index: 1, logTerm: 2, entries: [entry(2), entry(3)] }).type, 'append');
  assert.equal(read({ type: PROPOSE, term: 1, proposals: [command(CommandKind.txn)] }).type, 'propose');
});
