import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RuntimeError } from './errors.js';

/** What a container of an image runs when its pod names no command: as an image's ENTRYPOINT and CMD. */
export interface CatalogueEntry {
  entrypoint?: string[];
  cmd?: string[];
}

/**
 * Images whose programs the host is likely to have. An entry counts only while its program is really there; an image
 * that is not listed needs a command in the pod.
 */
const BUILT_IN: Record<string, CatalogueEntry> = {
  busybox: { cmd: ['sh'] },
  alpine: { cmd: ['sh'] },
  bash: { cmd: ['bash'] },
  debian: { cmd: ['bash'] },
  ubuntu: { cmd: ['bash'] },
  node: { cmd: ['node'] },
  python: { cmd: ['python3'] },
  nginx: { cmd: ['nginx', '-g', 'daemon off;'] },
  redis: { cmd: ['redis-server'] },
  pause: { entrypoint: ['sleep', 'infinity'] },
};

/** Resolves an image's name to the program that stands for it on this host. */
export class ImageCatalogue {
  readonly #entries: Map<string, CatalogueEntry>;
  readonly #path: string;

  constructor(own: Record<string, CatalogueEntry>, path: string) {
    this.#entries = new Map([...Object.entries(BUILT_IN), ...Object.entries(own)]);
    this.#path = path;
  }

  /** Reads `{"images": {"name": {"entrypoint": [...], "cmd": [...]}}}`. */
  static fromFile(file: string | undefined, path: string): ImageCatalogue {
    if (file === undefined) return new ImageCatalogue({}, path);
    try {
      const { images } = JSON.parse(readFileSync(file, 'utf8')) as { images?: Record<string, CatalogueEntry> };
      if (images === undefined || typeof images !== 'object') throw new Error('it has no object "images"');
      return new ImageCatalogue(images, path);
    } catch (error) {
      throw new Error(`cannot use image catalogue ${file}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** The command line of a container, in Docker's rules: `command` replaces ENTRYPOINT and CMD, `args` CMD. */
  resolve(image: string, command: readonly string[], args: readonly string[]): string[] {
    if (command.length > 0) return [...command, ...args];
    const entry = this.#entry(image);
    const line = [...(entry?.entrypoint ?? []), ...(args.length > 0 ? args : (entry?.cmd ?? []))];
    if (line.length === 0 || entry === undefined) {
      throw new RuntimeError(
        'invalid',
        `image "${image}" has no command: containers are processes of this host and no image is pulled. ` +
          'Set command in the pod, or give the image one in the file of --image-catalogue',
      );
    }
    if (findProgram(line[0] as string, this.#path) === undefined) {
      throw new RuntimeError(
        'invalid',
        `image "${image}" stands for the program "${line[0]}", which this host does not have: ` +
          'install it, or set command in the pod',
      );
    }
    return line;
  }

  #entry(image: string): CatalogueEntry | undefined {
    const repository = repositoryOf(image);
    return (
      this.#entries.get(image) ?? this.#entries.get(repository) ?? this.#entries.get(repository.split('/').at(-1) ?? '')
    );
  }
}

/** "registry.example/team/app:v1@sha256:…" → "registry.example/team/app". */
export function repositoryOf(image: string): string {
  const untagged = image.split('@')[0] ?? '';
  const colon = untagged.lastIndexOf(':');
  return colon > untagged.lastIndexOf('/') ? untagged.slice(0, colon) : untagged;
}

/** The executable that execvp(3) would find. */
export function findProgram(name: string, path: string, cwd = '/'): string | undefined {
  const candidates = name.includes('/')
    ? [name.startsWith('/') ? name : join(cwd, name)]
    : path.split(delimiter).map((folder) => join(folder === '' ? cwd : folder, name));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
