import { PATCH_TYPES, type RequestBody } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { SideThread } from './side-thread.js';
import type { YamlAnswer, YamlQuestion } from './yaml-worker.js';

/** Shorter texts are read at once, in the time that a turn may take. */
const SHORT_BYTES = 4 * 1024;
const TOO_EXPENSIVE = 'yaml: document needs too much memory or time';
const YAML_TYPES: readonly string[] = ['application/yaml', PATCH_TYPES.apply];

/** Has large bodies of YAML read by a worker: its reader takes a second a megabyte, and nobody is to wait for that. */
export class YamlReader {
  readonly #thread: SideThread<YamlQuestion, YamlAnswer>;

  constructor(clock: Clock) {
    const module = new URL('./yaml-worker.js', import.meta.url);
    this.#thread = new SideThread({ module, what: 'large YAML bodies' }, clock);
  }

  /** The body, read ahead if it is a large one of YAML. */
  async prepare(body: RequestBody): Promise<RequestBody> {
    const mediaType = body.mediaType.split(';')[0]!.trim();
    if (body.bytes.length < SHORT_BYTES || !YAML_TYPES.includes(mediaType)) return body;
    const text = Buffer.from(body.bytes).toString();
    const question = { text, mayBeJson: mediaType === PATCH_TYPES.apply };
    return { ...body, yaml: (await this.#thread.ask(question)) ?? { error: TOO_EXPENSIVE } };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
