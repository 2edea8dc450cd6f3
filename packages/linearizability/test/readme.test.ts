import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as face from '../src/index.js';

/** The example as it stands in the README, without its types, run with this package for the one it imports. */
test('the example of the README does what it says', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const [, names = ''] = /import \{([^}]*)\}/.exec(example) ?? [];
  const values = names
    .split(',')
    .map((each) => each.trim())
    .filter((each) => !each.startsWith('type '));
  const code = example.replace(/import .*\n/, '').replace(/<RegisterInput[^(]*>\(/, '(');
  const printed: string[] = [];
  const run = new Function('face', 'console', `const { ${values.join(', ')} } = face;\n${code}`);
  run(face, { log: (line: string) => printed.push(line) });
  assert.equal(printed[0], 'illegal');
  assert.match(printed[1] ?? '', /✗ .*client bob: read = 0/);
});
