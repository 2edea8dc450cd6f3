import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@keelson/service';
import { RuntimeError } from './errors.js';
import { readJson, writeJsonAtomic } from './files.js';

export interface StoredImage {
  id: string;
  name: string;
}

/** The images that were "pulled": names only, since nothing is fetched; kept so that a node reports them again. */
export class ImageStore {
  readonly #images = new Map<string, StoredImage>();
  readonly #directory: string;
  readonly #max: number;

  constructor(options: { directory: string; imagesMax: number }) {
    this.#directory = options.directory;
    this.#max = options.imagesMax;
  }

  /** A name that cannot be read any more is forgotten: whoever wants the image pulls it again. */
  recover(logger: Logger): void {
    mkdirSync(this.#directory, { recursive: true });
    for (const file of readdirSync(this.#directory).filter((name) => name.endsWith('.json'))) {
      const path = join(this.#directory, file);
      try {
        const image = readJson<StoredImage>(path);
        if (typeof image?.name !== 'string' || typeof image.id !== 'string') throw new Error(`${path} names no image`);
        this.#images.set(image.name, image);
      } catch (error) {
        logger.error({ path, err: error }, 'a damaged record of an image was removed');
        rmSync(path, { force: true, recursive: true });
      }
    }
  }

  list(): StoredImage[] {
    return [...this.#images.values()];
  }

  /** By name or by id. */
  find(reference: string): StoredImage | undefined {
    return this.#images.get(canonical(reference)) ?? this.list().find(({ id }) => id === reference);
  }

  pull(reference: string): StoredImage {
    if (reference === '' || /\s/.test(reference)) {
      throw new RuntimeError('invalid', `"${reference}" is not the name of an image`);
    }
    const known = this.find(reference);
    if (known !== undefined) return known;
    if (this.#images.size >= this.#max) throw new RuntimeError('exhausted', `there are ${this.#max} images, the limit`);
    const name = canonical(reference);
    const image = { id: `sha256:${createHash('sha256').update(name).digest('hex')}`, name };
    writeJsonAtomic(this.#file(image), image);
    this.#images.set(name, image);
    return image;
  }

  remove(reference: string): void {
    const image = this.find(reference);
    if (image === undefined) return;
    rmSync(this.#file(image), { force: true });
    this.#images.delete(image.name);
  }

  #file(image: StoredImage): string {
    return join(this.#directory, `${image.id.slice('sha256:'.length)}.json`);
  }
}

/** Docker's full name: "busybox" → "docker.io/library/busybox:latest". */
function canonical(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  const hasRegistry = reference.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const full = hasRegistry ? reference : `docker.io/${reference.includes('/') ? '' : 'library/'}${reference}`;
  const hasTag = full.lastIndexOf(':') > full.lastIndexOf('/') || full.includes('@');
  return hasTag ? full : `${full}:latest`;
}
