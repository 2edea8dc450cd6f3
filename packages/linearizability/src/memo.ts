/** Which operations of unknown outcome took effect: a set of small numbers. */
export type UsedSet = readonly number[];

/**
 * Configurations that were reached before. One that placed the same operations and came to the same state, but used up
 * no operation of unknown outcome that the other still has, could do all that the other can: the other need not be tried.
 */
export class Memo {
  readonly #seen = new Map<string, UsedSet[]>();

  /** False if it need not be tried. */
  add(placed: string, state: string, used: UsedSet): boolean {
    const name = `${placed} ${state}`;
    const known = this.#seen.get(name);
    if (!known) {
      this.#seen.set(name, [used]);
      return true;
    }
    if (known.some((each) => isSubset(each, used))) return false;
    known.push(used);
    return true;
  }
}

/** Both in ascending order. */
function isSubset(small: UsedSet, large: UsedSet): boolean {
  if (small.length > large.length) return false;
  let at = 0;
  for (const each of small) {
    while (at < large.length && large[at]! < each) at += 1;
    if (large[at] !== each) return false;
  }
  return true;
}

export function withUsed(used: UsedSet, index: number): UsedSet {
  const at = used.findIndex((each) => each > index);
  return at < 0 ? [...used, index] : [...used.slice(0, at), index, ...used.slice(at)];
}
