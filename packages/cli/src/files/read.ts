import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encodeJson, isRecord, type KubeObject, withNarrowIntegers } from '@keelson/api';
import { LineCounter, parseAllDocuments } from 'yaml';
import type { Io } from '../command/context.js';
import { CliError } from '../errors.js';

/** One object of a file. */
export interface Manifest {
  /** The file as the user named it; STDIN for standard input. */
  readonly source: string;
  readonly object: KubeObject & { apiVersion: string; kind: string };
}

const EXTENSION = /\.(ya?ml|json)$/;

/** Reads files, folders and standard input (`-`): YAML or JSON, several documents, Lists taken apart. */
export async function readManifests(paths: readonly string[], recursive: boolean, io: Io): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    if (path === '-') manifests.push(...parseManifests(await textOf(io.stdin), 'STDIN'));
    else
      for (const file of filesOf(path, recursive, io.cwd))
        manifests.push(...parseManifests(readFile(resolve(io.cwd, file)), file));
  }
  if (manifests.length === 0) throw new CliError('no objects passed to apply, create or delete: the files are empty');
  return manifests;
}

function filesOf(path: string, recursive: boolean, cwd: string): string[] {
  if (/^https?:\/\//.test(path)) throw new CliError(`-f "${path}": a URL is not read; download it first`);
  const isFolder = statOf(path, cwd).isDirectory();
  if (!isFolder) return [path];
  const entries = readdirSync(resolve(cwd, path), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return recursive ? filesOf(inside, true, cwd) : [];
    return EXTENSION.test(entry.name) ? [inside] : [];
  });
  if (files.length === 0 && !recursive) {
    throw new CliError(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  }
  return files;
}

function statOf(path: string, cwd: string) {
  try {
    return statSync(resolve(cwd, path));
  } catch {
    throw new CliError(`the path "${path}" does not exist`);
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

export async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}

export function parseManifests(text: string, source: string): Manifest[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    version: '1.2',
    schema: 'yaml-1.1',
    merge: true,
    logLevel: 'silent',
    intAsBigInt: true,
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const what = error.message.split('\n')[0]?.replace(/:$/, '');
      throw new CliError(`error parsing ${source}: ${what}`);
    }
    const value: unknown = withNarrowIntegers(document.toJS({ maxAliasCount: 1000 }));
    return value === null || value === undefined ? [] : objectsOf(value, source);
  });
}

function objectsOf(value: unknown, source: string): Manifest[] {
  if (!isRecord(value))
    throw new CliError(`unable to decode "${source}": a document must be an object, not ${encodeJson(value)}`);
  const { apiVersion, kind } = value;
  for (const [field, given] of Object.entries({ apiVersion, kind })) {
    if (typeof given !== 'string' || given === '') {
      throw new CliError(`error validating "${source}": error validating data: ${field} not set`);
    }
  }
  if (/List$/.test(kind as string) && Array.isArray(value['items'])) {
    return value['items'].flatMap((item) => objectsOf(item, source));
  }
  const metadata = value['metadata'];
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    throw new CliError(`unable to decode "${source}": metadata must be an object`);
  }
  return [{ source, object: { ...value, metadata: metadata ?? {} } as unknown as Manifest['object'] }];
}
