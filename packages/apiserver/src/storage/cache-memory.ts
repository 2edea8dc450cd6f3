import { MadeForms } from './made-forms.js';
import { Slabs } from './slabs.js';

/** Of stored bytes of which something may be made: that takes about three times as much. */
const MADE_BYTES_MAX = 32 * 2 ** 20;
/** More are begun anew: nothing is lost but what they share. */
const LABEL_SETS_MAX = 4_096;

export type Labels = Readonly<Record<string, string>>;

/** Where the objects of all collections are kept. */
export class CacheMemory {
  readonly texts = new Slabs();
  readonly made: MadeForms;
  readonly #labels = new Map<string, Labels>();

  constructor(madeBytesMax = MADE_BYTES_MAX) {
    this.made = new MadeForms(madeBytesMax);
  }

  /** The same labels, one of them for all objects that have them. */
  labels(labels: Labels): Labels {
    const text = JSON.stringify(labels);
    const known = this.#labels.get(text);
    if (known !== undefined) return known;
    if (this.#labels.size >= LABEL_SETS_MAX) this.#labels.clear();
    this.#labels.set(text, labels);
    return labels;
  }
}
