import type { etcd } from '@keelson/protocol';
import { type Clients, hadNoEffect } from '../clients/session.js';
import type { Dice } from './dice.js';
import type { SimMember } from './member.js';

export interface OperatorDependencies {
  readonly clients: Clients;
  readonly members: () => readonly SimMember[];
  /** A machine with a new process for a member that the cluster knows. */
  readonly install: (id: bigint) => void;
}

const MEMBERS_MIN = 3;
const MEMBERS_MAX = 5;

/**
 * Changes who is in the cluster, as a person would: looks who is, starts those that have no process, makes learners
 * voters, and now and then adds or removes one. What became of a request that was not answered shows at the next look.
 */
export class Operator {
  readonly #deps: OperatorDependencies;
  readonly #dice: Dice;
  #added = 0;
  changes = 0;
  /** No learners, and nobody without a process: nothing is left to do. */
  settled = true;
  /** Finishes what is begun and begins nothing new. */
  finishing = false;

  constructor(dependencies: OperatorDependencies) {
    this.#deps = dependencies;
    this.#dice = dependencies.clients.world.dice.fork();
  }

  async run(): Promise<void> {
    const { world } = this.#deps.clients;
    while (!this.finishing || !this.settled) {
      await world.sleep(this.#dice.between(100, 1_500));
      try {
        await this.#look();
      } catch (error) {
        hadNoEffect(error);
      }
    }
  }

  #call<T>(name: string, request: object): Promise<T> {
    const { clients } = this.#deps;
    return clients.call(clients.anyMember(this.#dice), this.#dice, (door) => door.call<T>(name, request));
  }

  async #look(): Promise<void> {
    const listed = await this.#call<etcd.MemberListResponse>('memberList', { linearizable: true });
    const known = listed.members;
    for (const member of this.#deps.members()) {
      if (!member.retired && !known.some(({ ID }) => ID === member.id)) member.retire();
    }
    for (const { ID } of known) if (!this.#deps.members().some(({ id }) => id === ID)) this.#deps.install(ID);
    const learner = known.find(({ isLearner }) => isLearner);
    this.settled = learner === undefined;
    if (learner) await this.#change('memberPromote', { ID: learner.ID });
    else if (!this.finishing) await this.#begin(known);
  }

  async #begin(known: readonly etcd.Member[]): Promise<void> {
    const add = known.length <= MEMBERS_MIN || (known.length < MEMBERS_MAX && this.#dice.chance(0.5));
    this.settled = false;
    if (!add) return await this.#change('memberRemove', { ID: this.#dice.pick(known).ID });
    this.#added += 1;
    const peerURLs = [`http://added-${this.#added}:2380`];
    await this.#change('memberAdd', { peerURLs, isLearner: this.#dice.chance(0.7) });
  }

  async #change(name: string, request: object): Promise<void> {
    await this.#call(name, request);
    this.changes += 1;
    this.#deps.clients.world.note(`the operator is done with ${name}`);
  }
}
