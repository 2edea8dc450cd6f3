import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { parseManifests, readManifests } from './read.js';

const object = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const names = (manifests: { object: { metadata: { name?: string | undefined } } }[]) =>
  manifests.map((it) => it.object.metadata.name);

function io(cwd: string, input = '') {
  return {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    cwd,
  };
}

test('a text holds several documents, Lists and comments', () => {
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' } }],
  });
  const text = `# nothing\n---\n${object('a')}---\n${object('b')}---\n---\n${list}`;
  assert.deepEqual(names(parseManifests(text, 'x')), ['a', 'b', 'c']);
});

test('words of YAML 1.1 are booleans as kubectl reads them', () => {
  const [manifest] = parseManifests(`${object('a')}data: {x: yes, z: "yes"}\n`, 'x');
  assert.deepEqual((manifest as unknown as { object: { data: unknown } }).object.data, { x: true, z: 'yes' });
});

test('folders give their manifests by name, deeper ones when told', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'keelctl-files-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  mkdirSync(join(cwd, 'd/deep'), { recursive: true });
  writeFileSync(join(cwd, 'd/b.yaml'), object('b'));
  writeFileSync(join(cwd, 'd/a.yml'), object('a'));
  writeFileSync(join(cwd, 'd/notes.txt'), 'no manifest');
  writeFileSync(join(cwd, 'd/deep/c.json'), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' } }));
  assert.deepEqual(names(await readManifests(['d'], false, io(cwd))), ['a', 'b']);
  assert.deepEqual(names(await readManifests(['d'], true, io(cwd))), ['a', 'b', 'c']);
  assert.deepEqual(names(await readManifests(['-'], false, io(cwd, object('in')))), ['in']);
  await assert.rejects(readManifests(['nope'], false, io(cwd)), /the path "nope" does not exist/);
  await assert.rejects(readManifests(['https://x/y'], false, io(cwd)), /a URL is not read/);
});

test('what is no object is refused with its file', () => {
  assert.throws(() => parseManifests('a: [', 'f.yaml'), /error parsing f.yaml: .* line 1/);
  assert.throws(() => parseManifests('just text', 'f.yaml'), /unable to decode "f.yaml": a document must be an object/);
  assert.throws(() => parseManifests('kind: Pod', 'f.yaml'), /error validating "f.yaml": .* apiVersion not set/);
  assert.throws(() => parseManifests('apiVersion: v1', 'f.yaml'), /kind not set/);
});
