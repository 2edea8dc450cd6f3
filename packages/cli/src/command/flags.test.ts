import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments, parseDuration } from './flags.js';

const table = {
  namespace: { type: 'string', short: 'n', description: '' },
  output: { type: 'string', short: 'o', description: '' },
  stdin: { type: 'boolean', short: 'i', default: false, description: '' },
  tty: { type: 'boolean', short: 't', default: false, description: '' },
  replicas: { type: 'integer', description: '' },
  timeout: { type: 'duration', default: 0, description: '' },
  'dry-run': {
    type: 'string',
    bare: 'client',
    default: 'none',
    choices: ['none', 'client', 'server'],
    description: '',
  },
  filename: { type: 'list', whole: true, short: 'f', description: '' },
  columns: { type: 'list', short: 'L', description: '' },
} as const;

test('flags and names come in any order', () => {
  const { flags, positionals } = parseArguments(table, ['pods', '-n', 'shop', 'web', '--output=wide', '-it']);
  assert.deepEqual(positionals, ['pods', 'web']);
  assert.equal(flags.namespace, 'shop');
  assert.equal(flags.output, 'wide');
  assert.equal(flags.stdin && flags.tty, true);
});

test('a short flag takes the rest of its word, with or without an equals sign', () => {
  assert.equal(parseArguments(table, ['-oyaml']).flags.output, 'yaml');
  assert.equal(parseArguments(table, ['-o=yaml']).flags.output, 'yaml');
  assert.equal(parseArguments(table, ['-ito', 'json']).flags.output, 'json');
});

test('a flag with a bare value never takes the next word', () => {
  const { flags, positionals } = parseArguments(table, ['--dry-run', 'server']);
  assert.equal(flags['dry-run'], 'client');
  assert.deepEqual(positionals, ['server']);
  assert.equal(parseArguments(table, ['--dry-run=server']).flags['dry-run'], 'server');
});

test('lists gather, and part at commas unless they are whole', () => {
  const { flags } = parseArguments(table, ['-f', 'a,b', '-f', '-', '-L', 'x,y', '--columns=z']);
  assert.deepEqual(flags.filename, ['a,b', '-']);
  assert.deepEqual(flags.columns, ['x', 'y', 'z']);
});

test('what follows -- is left alone', () => {
  const { rest, positionals } = parseArguments(table, ['web', '--', 'ls', '-l', '--', 'x']);
  assert.deepEqual(rest, ['ls', '-l', '--', 'x']);
  assert.deepEqual(positionals, ['web']);
});

test('an error names the flag and what would be right', () => {
  const refused: [string[], RegExp][] = [
    [['--nope'], /unknown flag: --nope/],
    [['-ix'], /unknown shorthand flag: 'x' in -ix/],
    [['--output'], /flag needs an argument: --output/],
    [['--replicas=two'], /"two" for "--replicas" flag: must be a whole number/],
    [['--stdin=maybe'], /"--stdin" flag: must be true or false/],
    [['--timeout=soon'], /must be a duration such as 5s/],
    [['--dry-run=all'], /must be one of none, client, server/],
  ];
  for (const [argv, message] of refused) assert.throws(() => parseArguments(table, argv), message);
});

test("durations are Go's, or seconds", () => {
  assert.equal(parseDuration('90'), 90_000);
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('1.5s'), 1500);
  assert.equal(parseDuration('-1s'), -1000);
  assert.equal(parseDuration('5 s'), undefined);
  assert.equal(parseDuration(''), undefined);
});
