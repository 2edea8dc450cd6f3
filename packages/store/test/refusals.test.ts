import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RECORD_HEADER, RecordKind, RecordWriter } from '../src/wal/record.js';
import { ClusterUnderTest } from './processes.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** Runs the store until it ends by itself; its last line, which is what a person sees. */
async function refusal(args: readonly string[]): Promise<{ code: number | null; line: string }> {
  const child = spawn(process.execPath, [MAIN, '--log-level', 'silent', ...args]);
  let output = '';
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    code,
    line:
      output
        .trim()
        .split('\n')
        .find((line) => line.startsWith('error:')) ?? output,
  };
}

/** Follows the records' lengths to the first that is not there. */
function endOfLog(data: Buffer): number {
  let at = 0;
  while (data.readUInt8(at + 4) !== 0) at += RECORD_HEADER + data.readUInt32LE(at);
  return at;
}

describe('the store refuses, in one line that says what to do', () => {
  let cluster: ClusterUnderTest;
  beforeEach(async () => {
    cluster = await ClusterUnderTest.start('keelson', 1);
    const client = cluster.client();
    for (let n = 0; n < 20; n += 1) await client.kv.put({ key: Buffer.from(`k${n}`), value: Buffer.alloc(600, 'x') });
    client.close();
  });
  afterEach(() => cluster.stop());

  const member = () => cluster.members[0]!;
  const logFile = () => {
    const directory = join(cluster.dataDirectory(member()), 'member', 'wal');
    return join(directory, readdirSync(directory).find((name) => name.endsWith('.wal'))!);
  };

  test('a data directory that another process uses', async () => {
    const { code, line } = await refusal(cluster.args(member()));
    assert.equal(code, 1);
    assert.match(line, /is in use by another process: stop it, or choose another --data-dir/);
  });

  test('a write-ahead log damaged in the middle, with file and offset', async () => {
    await cluster.kill(member());
    const data = readFileSync(logFile());
    const at = data.indexOf('k5');
    data[at + 100] = data[at + 100]! ^ 1;
    writeFileSync(logFile(), data);
    const { code, line } = await refusal(cluster.args(member()));
    assert.equal(code, 1);
    assert.match(
      line,
      /the write-ahead log is damaged: .*\.wal at offset \d+ .*start it as a new member; otherwise restore/,
    );
    const [, offset] = /offset (\d+)/.exec(line)!;
    assert.ok(Number(offset) <= at && at - Number(offset) < 100, `${offset} is just before ${at}`);
  });

  test('but a torn end of the log is cut off, and everything acknowledged is there', async () => {
    await cluster.kill(member());
    const data = readFileSync(logFile());
    const end = endOfLog(data);
    // The next record's header came to the disk with the sectors around it, the rest of it did not.
    const writer = new RecordWriter(0, end);
    writer.add(RecordKind.entry, Buffer.alloc(5_000, 'y'));
    Buffer.concat(writer.chunks).copy(data, end, 0, 700);
    writeFileSync(logFile(), data);
    await cluster.start(member());
    await cluster.said(member(), /torn write, which is cut off/);
    const client = cluster.client();
    assert.equal((await client.kv.range({ key: Buffer.from('k'), rangeEnd: Buffer.from('l') })).count, 20);
    client.close();
  });

  test("another cluster's data directory", async () => {
    await cluster.kill(member());
    const { code, line } = await refusal([...cluster.args(member()), '--initial-cluster-token', 'other']);
    assert.equal(code, 1);
    assert.match(line, /belongs to cluster [0-9a-f]+, not [0-9a-f]+: check --initial-cluster/);
  });

  test('a taken port', async () => {
    await cluster.kill(member());
    const taken = createServer().listen(Number(new URL(member().clientUrl).port), '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { code, line } = await refusal(cluster.args(member()));
    taken.close();
    assert.equal(code, 1);
    assert.match(line, /cannot listen on 127\.0\.0\.1:\d+: another process uses this port/);
  });

  test('certificates that are not there, and https without any', async () => {
    await cluster.kill(member());
    const url = member().clientUrl.replace('http:', 'https:');
    const secure = cluster.args(member()).map((arg) => (arg === member().clientUrl ? url : arg));
    assert.match((await refusal(secure)).line, /needs a certificate: give --cert-file and --key-file/);
    const files = ['--cert-file', '/none/a.crt', '--key-file', '/none/a.key', '--trusted-ca-file', '/none/ca.crt'];
    assert.match((await refusal([...secure, ...files])).line, /cannot read CA file \/none\/ca\.crt: ENOENT/);
  });

  test('flags that cannot be', async () => {
    const { code, line } = await refusal(['--listen-client-urls', 'localhost']);
    assert.equal(code, 2);
    assert.match(line, /--listen-client-urls: "localhost" is not of the form http:\/\/host:port/);
    assert.match((await refusal(['--election-timeout', '100'])).line, /at least five times --heartbeat-interval/);
    assert.match((await refusal(['--initial-cluster', 'b=http://h:1'])).line, /does not name this member/);
    const together: [string[], RegExp][] = [
      [['--client-cert-auth'], /--client-cert-auth needs --trusted-ca-file/],
      [['--peer-client-cert-auth'], /--peer-client-cert-auth needs --peer-trusted-ca-file/],
      [['--peer-cert-file', 'a'], /--peer-cert-file and --peer-key-file go together/],
      [['--peer-cert-allowed-cn', 'a'], /--peer-cert-allowed-cn needs --peer-trusted-ca-file/],
      [['--client-cert-allowed-hostname', 'a'], /--client-cert-allowed-hostname needs --trusted-ca-file/],
      [['--peer-cert-allowed-cn', 'a', '--peer-cert-allowed-hostname', 'b'], /exclude each other/],
    ];
    for (const [flags, expected] of together) assert.match((await refusal(flags)).line, expected);
  });
});
