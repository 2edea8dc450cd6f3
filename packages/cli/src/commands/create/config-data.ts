import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CliError, UsageError } from '../../errors.js';

export const dataFlags = {
  'from-literal': { type: 'list', whole: true, description: 'A key and its value', value: 'KEY=VALUE' },
  'from-file': {
    type: 'list',
    whole: true,
    description: "A file, or a folder's files, by name or under a key",
    value: '[KEY=]FILE',
  },
  'from-env-file': { type: 'list', whole: true, description: 'A file of KEY=VALUE lines', value: 'FILE' },
} as const;

interface DataFlags {
  readonly 'from-literal': readonly string[];
  readonly 'from-file': readonly string[];
  readonly 'from-env-file': readonly string[];
}

/** The data of a ConfigMap or Secret, as flags give it. */
export function configData(flags: DataFlags, cwd: string): Map<string, Buffer> {
  const data = new Map<string, Buffer>();
  const add = (key: string, value: Buffer) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
      throw new CliError(
        `"${key}" is not a valid key name: a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
      );
    }
    if (data.has(key)) throw new CliError(`cannot add key "${key}", another key by that name already exists`);
    data.set(key, value);
  };
  for (const text of flags['from-file']) addFile(text, cwd, add);
  for (const text of flags['from-literal']) {
    const equals = text.indexOf('=');
    if (equals < 1) throw new UsageError(`--from-literal: invalid literal source ${text}, expected key=value`);
    add(text.slice(0, equals), Buffer.from(text.slice(equals + 1)));
  }
  for (const path of flags['from-env-file'])
    for (const [key, value] of envLines(read(resolve(cwd, path)), path)) add(key, Buffer.from(value));
  return data;
}

function addFile(text: string, cwd: string, add: (key: string, value: Buffer) => void): void {
  const equals = text.indexOf('=');
  const path = resolve(cwd, text.slice(equals + 1));
  const key = equals > 0 ? text.slice(0, equals) : undefined;
  if (equals === 0) throw new UsageError(`--from-file: key name for file path ${text.slice(1)} missing`);
  if (statOf(path).isDirectory()) {
    if (key !== undefined) throw new UsageError('--from-file: cannot give a key name for a directory path');
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isFile()) add(entry.name, read(join(path, entry.name)));
    }
  } else add(key ?? basename(path), read(path));
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch {
    throw new CliError(`error reading ${path}: no such file or directory`);
  }
}

function read(path: string): Buffer {
  statOf(path);
  return readFileSync(path);
}

function envLines(content: Buffer, path: string): [string, string][] {
  return content
    .toString()
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const equals = line.indexOf('=');
      if (equals < 1) throw new CliError(`--from-env-file: "${line}" of ${path} is not of the form KEY=VALUE`);
      return [line.slice(0, equals), line.slice(equals + 1)];
    });
}
