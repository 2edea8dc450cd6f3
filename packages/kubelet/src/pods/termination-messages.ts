import type { Pod } from '@keelson/api';
import type { RuntimePod } from '../cri/runtime-pod.js';
import { tailLog } from '../server/log-reader.js';
import { terminationFile } from './container-config.js';
import { fileTail, lastText } from './file-tail.js';
import { allContainersOf, nameOf, podUid } from './pod-facts.js';

const MESSAGE_BYTES_MAX = 4096;
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
    const file = terminationFile(this.#podDirectory(uid), ended.name, ended.attempt);
    // One byte more tells a file that is longer from one that begins with half a character.
    let text = lastText(fileTail(file, MESSAGE_BYTES_MAX + 1, { followLinks: false }), MESSAGE_BYTES_MAX);
    if (text === '' && container?.terminationMessagePolicy === 'FallbackToLogsOnError' && ended.exitCode !== 0) {
      text = tailLog(ended.logPath, LOG_LINES, LOG_BYTES);
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
