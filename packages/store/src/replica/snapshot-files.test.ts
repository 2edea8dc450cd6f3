import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { raft } from '@keelson/protocol';
import { ManualClock } from '@keelson/service/testing';
import { SnapshotFiles } from './snapshot-files.js';

const confState = { voters: ['a'], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };

describe('SnapshotFiles', () => {
  let directory: string;
  let clock: ManualClock;
  let files: SnapshotFiles;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-snapshots-'));
    clock = new ManualClock();
    files = new SnapshotFiles(directory, {
      clock,
      stallMs: 1_000,
      copy: async (file) => {
        // Whatever is rejected and not looked after by now ends the process.
        await new Promise((resolve) => setImmediate(resolve));
        writeFileSync(file, 'data');
        return { index: 7, term: 1, confState };
      },
    });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const outgoing = (highWaterMark = 16) => {
    const stream = new PassThrough({ objectMode: true, highWaterMark });
    stream.on('error', () => undefined);
    const cancel = () => {
      stream.destroy(new Error('cancelled'));
      stream.emit('cancelled');
    };
    return Object.assign(stream, { cancel });
  };
  const made = (entry: string) => readdirSync(directory).some((name) => name.startsWith(entry));
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  const data = Buffer.from('the database');
  const head: Partial<raft.SnapshotHead> = { raftTerm: 3, index: 7, term: 2, confState, bytes: data.length };
  const sha256 = createHash('sha256').update(data).digest();
  const incoming = (...parts: object[]) => Readable.from(parts) as never;

  test('a peer that refuses before the copy is made fails the sending, and nothing else', async () => {
    const response = Promise.reject(new Error('connection refused'));
    await assert.rejects(files.send({ stream: outgoing(), response }, 1), /connection refused/);
    assert.deepEqual(readdirSync(directory), []);
  });

  test('a peer that takes nothing more is given up, and the copy goes', async () => {
    const stream = outgoing(1);
    const response = new Promise((_, reject) => stream.once('cancelled', () => reject(new Error('cancelled'))));
    const sending = files.send({ stream, response }, 1);
    sending.catch(() => undefined);
    await until(() => made('copy-') && stream.writableNeedDrain);
    clock.advance(1_000);
    await assert.rejects(sending, /given up: the receiver took nothing for 1000 ms/);
    assert.deepEqual(readdirSync(directory), []);
  });

  test('so is one that never says that it has it', async () => {
    const stream = outgoing();
    stream.resume();
    const response = new Promise((_, reject) => stream.once('cancelled', () => reject(new Error('cancelled'))));
    const sending = files.send({ stream, response }, 1);
    sending.catch(() => undefined);
    await until(() => stream.writableEnded);
    clock.advance(1_001);
    await assert.rejects(sending, /given up/);
    assert.deepEqual(readdirSync(directory), []);
  });

  test('what arrives whole is there, as it was sent', async () => {
    const parts = [{ head }, { data: data.subarray(0, 4) }, { data: data.subarray(4) }, { sha256 }];
    const { term, snapshot } = await files.receive(incoming(...parts));
    assert.deepEqual([term, snapshot], [3, { index: 7, term: 2, confState }]);
    await files.prepare(snapshot);
    assert.deepEqual(readFileSync(files.databaseFile(7)), data);
    assert.equal(readdirSync(directory).length, 1);
  });

  test('what arrives incomplete, damaged or not at all leaves nothing behind', async () => {
    const refused = /incomplete or damaged/;
    await assert.rejects(files.receive(incoming({ head }, { data })), refused);
    await assert.rejects(files.receive(incoming({ head }, { data: data.subarray(1) }, { sha256 })), refused);
    await assert.rejects(files.receive(incoming({ data }, { sha256 })), refused);
    const broken = async function* () {
      yield { head };
      yield { data };
      throw new Error('connection lost');
    };
    await assert.rejects(files.receive(Readable.from(broken()) as never), /connection lost/);
    assert.deepEqual(readdirSync(directory), []);
  });

  test('a sender that sends no more is given up', async () => {
    const stream = new PassThrough({ objectMode: true });
    stream.write({ head });
    const receiving = files.receive(stream as never);
    receiving.catch(() => undefined);
    await until(() => made('incoming-part-') && stream.readableLength === 0);
    clock.advance(1_000);
    await assert.rejects(receiving, /the sender sent no more/);
    assert.deepEqual(readdirSync(directory), []);
  });
});
