import { type Event, EventList } from './events.js';
import type { Operation } from './history.js';
import { Memo, type UsedSet, withUsed } from './memo.js';
import type { Model } from './model.js';
import { Placed } from './placed.js';

/** An operation in its place, and the state after it. */
export interface Placement<State, Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly state: State;
}

export type SearchResult<S, I, O> = {
  readonly verdict: 'ok' | 'illegal' | 'unknown';
  /** A linearization, or the longest beginning of one that was found. */
  readonly placed: readonly Placement<S, I, O>[];
  /** One of these had to come next, and none could. */
  readonly blocked: readonly Operation<I, O>[];
  readonly steps: number;
};

/** A state that is reached at one set of placed operations, by way of operations of unknown outcome. */
interface Node<S, I, O> {
  readonly state: S;
  readonly used: UsedSet;
  readonly via: { readonly node: Node<S, I, O>; readonly operation: Operation<I, O> } | undefined;
}

/** What was tried at one set of placed operations. */
interface Level<S, I, O> {
  /** The call whose placing led here. */
  readonly placed: Event<I, O> | undefined;
  /** States to go on from: first the one reached, then those that unknown outcomes may have led to, fewest first. */
  readonly nodes: Node<S, I, O>[];
  node: number;
  candidate: Event<I, O> | undefined;
  states: readonly S[];
  nextState: number;
}

/**
 * Wing and Gong's search with Lowe's improvements: operations are placed one after another, each before the first
 * return of an operation that is not placed; what was tried once is remembered. Operations of unknown outcome are
 * placed only where the others cannot go on without them.
 */
export class Search<S, I, O> {
  readonly #model: Model<S, I, O>;
  readonly #isOver: (steps: number) => boolean;
  readonly #events: EventList<I, O>;
  readonly #unknown: readonly Operation<I, O>[];
  /** For each of unknown outcome the one asked last before it that is like it: that one is used first. */
  readonly #alikeBefore: readonly (number | undefined)[];
  readonly #placed: Placed;
  readonly #memo = new Memo();
  readonly #levels: Level<S, I, O>[];
  #steps = 0;
  #longest: { placed: Placement<S, I, O>[]; blocked: Operation<I, O>[]; depth: number } | undefined;

  constructor(
    model: Model<S, I, O>,
    operations: readonly Operation<I, O>[],
    isOver: (steps: number) => boolean = () => false,
  ) {
    this.#model = model;
    this.#isOver = isOver;
    this.#events = new EventList(operations.filter((each) => each.result !== undefined));
    this.#unknown = operations.filter((each) => each.result === undefined).sort((a, b) => a.call - b.call);
    this.#alikeBefore = alikeBefore(model, this.#unknown);
    this.#placed = new Placed(this.#events.calls);
    this.#levels = [levelOf({ state: model.init, used: [], via: undefined }, undefined)];
  }

  run(): SearchResult<S, I, O> {
    while (this.#events.first) {
      if (this.#isOver(this.#steps)) return this.#result('unknown');
      const level = this.#levels.at(-1)!;
      if (this.#advance(level)) this.#place(level.candidate!, level.states[level.nextState++]!);
      else if (!this.#goBack()) return this.#result('illegal');
    }
    this.#remember();
    return { verdict: 'ok', placed: this.#longest!.placed, blocked: [], steps: this.#steps };
  }

  #result(verdict: 'illegal' | 'unknown'): SearchResult<S, I, O> {
    this.#remember();
    const { placed, blocked } = this.#longest!;
    return { verdict, placed, blocked, steps: this.#steps };
  }

  /** Finds the next call that can be placed here, and the states that it may lead to. */
  #advance(level: Level<S, I, O>): boolean {
    while (level.nextState >= level.states.length) {
      const next = level.candidate ? level.candidate.next : this.#events.first;
      if (next?.matching === undefined) {
        this.#expand(level, next!.time);
        level.node += 1;
        level.candidate = undefined;
        level.states = [];
        if (level.node >= level.nodes.length) return false;
        continue;
      }
      const { input, result } = next.operation;
      level.candidate = next;
      level.states = this.#step(level.nodes[level.node]!.state, input, result!.output);
      level.nextState = 0;
    }
    return true;
  }

  #step(state: S, input: I, output: O | undefined): readonly S[] {
    this.#steps += 1;
    return this.#model.step(state, input, output);
  }

  /** Adds the states to which one more operation of unknown outcome, asked before `time`, may have led. */
  #expand(level: Level<S, I, O>, time: number): void {
    const node = level.nodes[level.node]!;
    const unchanged = this.#model.key(node.state);
    const placed = this.#placed.name;
    for (const [index, operation] of this.#unknown.entries()) {
      if (operation.call > time) return;
      if (node.used.includes(index)) continue;
      const before = this.#alikeBefore[index];
      if (before !== undefined && !node.used.includes(before)) continue;
      for (const state of this.#step(node.state, operation.input, undefined)) {
        const key = this.#model.key(state);
        if (key === unchanged) continue;
        const used = withUsed(node.used, index);
        if (this.#memo.add(placed, key, used)) level.nodes.push({ state, used, via: { node, operation } });
      }
    }
  }

  #place(call: Event<I, O>, state: S): void {
    const { nodes, node } = this.#levels.at(-1)!;
    const { used } = nodes[node]!;
    this.#placed.add(call.index);
    if (!this.#memo.add(this.#placed.name, this.#model.key(state), used)) {
      this.#placed.remove(call.index);
      return;
    }
    this.#events.lift(call);
    this.#levels.push(levelOf({ state, used, via: undefined }, call));
  }

  #goBack(): boolean {
    this.#remember();
    const { placed } = this.#levels.pop()!;
    if (!placed) return false;
    this.#events.unlift(placed);
    this.#placed.remove(placed.index);
    return true;
  }

  #remember(): void {
    const depth = this.#levels.length;
    if (this.#longest && depth <= this.#longest.depth) return;
    const placed: Placement<S, I, O>[] = [];
    for (const [at, level] of this.#levels.entries()) {
      const [first] = level.nodes;
      if (level.placed) placed.push({ operation: level.placed.operation, state: first!.state });
      // The last level is stuck in every one of its states: show the one it was reached with.
      if (at < depth - 1) placed.push(...unknownsOf(level.nodes[level.node]!));
    }
    this.#longest = { placed, blocked: this.#candidates(), depth };
  }

  #candidates(): Operation<I, O>[] {
    const found: Operation<I, O>[] = [];
    for (let event = this.#events.first; event?.matching; event = event.next) found.push(event.operation);
    return found;
  }
}

function alikeBefore<S, I, O>(model: Model<S, I, O>, operations: readonly Operation<I, O>[]): (number | undefined)[] {
  const last = new Map<string, number>();
  return operations.map(({ input }, index) => {
    const name = model.alike?.(input);
    if (name === undefined) return undefined;
    const before = last.get(name);
    last.set(name, index);
    return before;
  });
}

function levelOf<S, I, O>(node: Node<S, I, O>, placed: Event<I, O> | undefined): Level<S, I, O> {
  return { placed, nodes: [node], node: 0, candidate: undefined, states: [], nextState: 0 };
}

function unknownsOf<S, I, O>(node: Node<S, I, O>): Placement<S, I, O>[] {
  return node.via ? [...unknownsOf(node.via.node), { operation: node.via.operation, state: node.state }] : [];
}
