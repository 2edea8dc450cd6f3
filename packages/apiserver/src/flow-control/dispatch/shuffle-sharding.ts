import { createHash } from 'node:crypto';

/** The queues that a flow's requests may wait in: two flows have all of them in common only by a rare chance. */
export function handOf(
  schema: string,
  flow: string,
  { queues, handSize }: { queues: number; handSize: number },
): number[] {
  const digest = createHash('sha256').update(schema).update('\0').update(flow).digest();
  return deal(digest.readBigUInt64LE(), queues, handSize);
}

/** `handSize` different cards of a deck of `deckSize`, every hand as likely as any other. */
export function deal(entropy: bigint, deckSize: number, handSize: number): number[] {
  const hand: number[] = [];
  let left = entropy;
  for (let dealt = 0; dealt < Math.min(handSize, deckSize); dealt++) {
    const cards = BigInt(deckSize - dealt);
    let card = Number(left % cards);
    left /= cards;
    // It is the card's place among those that are left: what was dealt below it shifts it.
    for (const earlier of [...hand].sort((a, b) => a - b)) if (card >= earlier) card++;
    hand.push(card);
  }
  return hand;
}

/** Hands that were dealt lately: a flow's stays the same, and making it costs more than everything else. */
export class Hands {
  readonly #deck: { readonly queues: number; readonly handSize: number };
  readonly #known = new Map<string, readonly number[]>();

  constructor(deck: { queues: number; handSize: number }) {
    this.#deck = deck;
  }

  of(schema: string, flow: string): readonly number[] {
    const key = `${schema}\0${flow}`;
    let hand = this.#known.get(key);
    if (hand === undefined) {
      hand = handOf(schema, flow, this.#deck);
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(key, hand);
    }
    return hand;
  }
}

const KNOWN_MAX = 4_096;
