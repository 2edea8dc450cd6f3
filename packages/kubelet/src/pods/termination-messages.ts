import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Pod } from '@keelson/api';
import type { RuntimePod } from '../cri/runtime-pod.js';
import { tailLog } from '../server/log-reader.js';
import { terminationFile } from './container-config.js';
import { allContainersOf, nameOf, podUid } from './pod-facts.js';

const MESSAGE_BYTES_MAX = 4096;
/** All messages of a pod are in one object. */
const POD_BYTES_MAX = 12 * 1024;
const LOG_LINES = 80;
const LOG_BYTES = 2048;

/** What ended containers said last: their termination file, or the end of their log where the pod asks for that. */
export class TerminationMessages {
  /** pod uid → container id → text; an ended container says nothing new. */
  readonly #known = new Map<string, Map<string, string>>();
  readonly #podDirectory: (uid: string) => string;

  constructor(podDirectory: (uid: string) => string) {
    this.#podDirectory = podDirectory;
  }

  read(pod: Pod, runtime: RuntimePod | undefined, containerId: string): string | undefined {
    const uid = podUid(pod);
    const known = this.#known.get(uid)?.get(containerId);
    if (known !== undefined) return known === '' ? undefined : known;
    const ended = runtime?.containers.find(({ id }) => id === containerId);
    if (ended === undefined || ended.state === 'running') return undefined;
    const container = allContainersOf(pod).find((it) => nameOf(it) === ended.name);
    const bytesMax = Math.min(MESSAGE_BYTES_MAX, Math.floor(POD_BYTES_MAX / Math.max(1, allContainersOf(pod).length)));
    let text = readEnd(terminationFile(this.#podDirectory(uid), ended.name, ended.attempt), bytesMax);
    if (text === '' && container?.terminationMessagePolicy === 'FallbackToLogsOnError' && ended.exitCode !== 0) {
      text = tailLog(ended.logPath, LOG_LINES, Math.min(LOG_BYTES, bytesMax));
    }
    const ofPod = this.#known.get(uid) ?? new Map<string, string>();
    // A pod that crashes again and again must not be remembered for every time.
    for (const id of ofPod.keys()) if (!runtime?.containers.some((it) => it.id === id)) ofPod.delete(id);
    this.#known.set(uid, ofPod.set(containerId, text));
    return text === '' ? undefined : text;
  }

  forget(uid: string): void {
    this.#known.delete(uid);
  }
}

/** The last of a file, however long a container made it; nothing of what is no file, which reading could wait for. */
function readEnd(path: string, bytesMax: number): string {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) return '';
      const bytes = Buffer.alloc(Math.min(bytesMax, stat.size));
      const read = readSync(file, bytes, 0, bytes.length, stat.size - bytes.length);
      return bytes.toString('utf8', 0, read);
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
