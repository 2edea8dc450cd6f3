import type { Meta } from '../mvcc/meta.js';

export interface DowngradeInfo {
  readonly enabled: boolean;
  readonly targetVersion: string;
}

/** Whether the cluster is being downgraded, as operators said. */
export class Downgrade {
  readonly #meta: Meta;
  #info: DowngradeInfo;

  constructor(meta: Meta) {
    this.#meta = meta;
    this.#info = meta.readJson<DowngradeInfo>('downgrade') ?? { enabled: false, targetVersion: '' };
  }

  get info(): DowngradeInfo {
    return this.#info;
  }

  set(info: DowngradeInfo): void {
    this.#info = info;
    this.#meta.writeJson('downgrade', info);
  }
}
