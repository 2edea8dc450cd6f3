/**
 * Ids for leases whose grantor leaves the choice to the store, as etcd makes them (pkg/idutil): two bytes of the
 * member's id, five of the time at which it started, then a counter. So they rise, and no two members' or starts' meet.
 */
export class LeaseIds {
  readonly #prefix: bigint;
  #suffix: bigint;

  constructor(memberId: bigint, startedAt: number) {
    this.#prefix = (memberId & 0xffffn) << 48n;
    this.#suffix = (BigInt(startedAt) & 0xff_ffff_ffffn) << 8n;
  }

  next(): bigint {
    this.#suffix += 1n;
    const id = this.#prefix | (this.#suffix & 0xffff_ffff_ffffn);
    return id & 0x7fff_ffff_ffff_ffffn;
  }
}
