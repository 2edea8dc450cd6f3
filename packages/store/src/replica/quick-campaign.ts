import type { Clock, Random, Timer } from '@keelson/service';
import { NONE, type NodeId } from 'raft-ts';

export interface QuickCampaignOptions {
  /** How often to ask, before the ordinary election timeout is left to do it. */
  readonly attemptsMax: number;
  /** The first of the voters asks at once, each next one this much later: if all asked together, none would win. */
  readonly staggerMs: number;
  readonly jitterMs: number;
  /** Between attempts that came to nothing: a vote that was not granted may be now. */
  readonly retryMs: number;
  /** After somebody got votes: disks may be slow, and asking now would take them away again. */
  readonly patienceMs: number;
}

/** The part of a RaftNode that is needed. */
export interface Campaigner {
  readonly status: { readonly id: NodeId; readonly term: number; readonly leader: NodeId };
  readonly confState: { readonly voters: readonly NodeId[] };
  campaign(): void;
}

/**
 * Elections when the leader is known to be gone, without waiting out the election timeout. Each begins with a pre-vote,
 * so that a member whose connection alone broke disturbs nobody: the others still hear from the leader and say no.
 */
export class QuickCampaign {
  readonly #options: QuickCampaignOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #node: Campaigner;
  /** What the campaign leads to has to be done. */
  readonly #campaigned: () => void;
  #timer: Timer | undefined;

  constructor(
    options: QuickCampaignOptions,
    dependencies: { readonly clock: Clock; readonly random: Random; readonly node: Campaigner },
    campaigned: () => void,
  ) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#node = dependencies.node;
    this.#campaigned = campaigned;
  }

  /** `lost` led, or nobody did. */
  begin(lost: NodeId): void {
    const { status, confState } = this.#node;
    const rank = confState.voters.filter((id) => id !== lost).indexOf(status.id);
    if (rank < 0) return;
    const { staggerMs, jitterMs } = this.#options;
    this.#tryAfter(rank * staggerMs + this.#random.integer(jitterMs), 1);
  }

  #tryAfter(milliseconds: number, attempt: number): void {
    const { attemptsMax, retryMs, patienceMs } = this.#options;
    const { term } = this.#node.status;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(milliseconds, () => {
      const { status } = this.#node;
      if (status.leader !== NONE || attempt > attemptsMax) return;
      if (status.term !== term) {
        this.#tryAfter(this.#around(patienceMs), attempt + 1);
        return;
      }
      this.#node.campaign();
      this.#campaigned();
      this.#tryAfter(this.#around(retryMs), attempt + 1);
    });
  }

  #around(milliseconds: number): number {
    return Math.floor(milliseconds / 2) + this.#random.integer(milliseconds);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
