import type { Operation } from './history.js';

/** How an object behaves when one operation follows another: what a concurrent history is compared with. */
export interface Model<State, Input, Output> {
  readonly init: State;
  /**
   * Every state that may follow when an operation is carried out in `state` and answers `output`; none: it cannot
   * have answered that. `output` is undefined when nobody knows the answer. States are never changed in place.
   */
  step(state: State, input: Input, output: Output | undefined): readonly State[];
  /** A text that is the same for two states just when they are the same. */
  key(state: State): string;
  /** Operations of different partitions never touch each other's state: each is checked by itself, far faster. */
  partition?(input: Input): string;
  /** It never changes the state: if its outcome is unknown there is nothing to check. */
  readsOnly?(input: Input): boolean;
  /**
   * The same text for operations that do the same to every state. Those of unknown outcome need not be tried in every
   * order then: which of them took effect cannot be told, only how many.
   */
  alike?(input: Input): string;
  /** The history of a partition without differences that no answer shows, so that more of its operations are alike. */
  simplified?(operations: readonly Operation<Input, Output>[]): readonly Operation<Input, Output>[];
  describe?(input: Input, output: Output | undefined): string;
  describeState?(state: State): string;
}
