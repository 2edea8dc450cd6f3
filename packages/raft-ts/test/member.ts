import {
  type ConfState,
  confState,
  decodeConfChange,
  type Entry,
  type HardState,
  initialState,
  type Message,
  RaftError,
  RaftNode,
  type RaftSettings,
  type Ready,
  type Snapshot,
  type StoredState,
} from '../src/index.js';

/** The replicated state machine of the tests: the list of everything applied. */
export type State = readonly string[];

/** A message, and with a snapshot the state it stands for. */
export interface Packet {
  readonly message: Message;
  readonly state: State | undefined;
}

interface Durable {
  hardState: HardState;
  snapshot: Snapshot;
  snapshotState: State;
  entries: Entry[];
}

export interface MemberEvents {
  send(packet: Packet): void;
  /** The member applied an entry with data. */
  applied(member: Member, entry: Entry): void;
  /** It took a leader's snapshot in place of what it had. */
  restored?(member: Member): void;
  /** It applied a change of the configuration. */
  configured?(member: Member, conf: ConfState): void;
}

/** A node with a disk that completes writes when told to, and loses the others in a crash. */
export class Member {
  readonly id: string;
  readonly #settings: RaftSettings;
  readonly #events: MemberEvents;
  readonly #durable: Durable;
  #writes: Ready[] = [];
  #incoming = new Map<number, State>();
  node: RaftNode | undefined;
  state: string[] = [];
  applied = 0;
  readonly reads: { readonly context: string; readonly index: number }[] = [];

  /** `founders` vote in the empty log; one that joins later is not among them. */
  constructor(id: string, founders: readonly string[], settings: RaftSettings, events: MemberEvents) {
    this.id = id;
    this.#settings = settings;
    this.#events = events;
    const initial: StoredState = initialState(confState(founders));
    this.#durable = { hardState: initial.hardState, snapshot: initial.snapshot, snapshotState: [], entries: [] };
    this.start();
  }

  get up(): boolean {
    return this.node !== undefined;
  }

  get pendingWrites(): number {
    return this.#writes.length;
  }

  /** What a restart would find. */
  get durable(): Readonly<Durable> {
    return this.#durable;
  }

  start(): void {
    const { hardState, snapshot, snapshotState, entries } = this.#durable;
    this.state = [...snapshotState];
    this.applied = snapshot.index;
    this.node = new RaftNode(this.#settings, { hardState, snapshot, entries: [...entries], applied: snapshot.index });
  }

  crash(): void {
    this.node = undefined;
    this.#writes = [];
    this.#incoming.clear();
  }

  receive(packet: Packet): void {
    if (packet.message.type === 'snapshot' && packet.state) {
      this.#incoming.set(packet.message.snapshot.index, packet.state);
    }
    this.node?.step(packet.message);
  }

  /** Proposes unless there is nobody to take it. */
  propose(data: string): boolean {
    return this.attempt((node) => node.propose(Buffer.from(data)));
  }

  /** Whether the node is up and takes it. */
  attempt(run: (node: RaftNode) => void): boolean {
    if (!this.node) return false;
    try {
      run(this.node);
      return true;
    } catch (error) {
      if (error instanceof RaftError) return false;
      throw error;
    }
  }

  /** Takes every Ready: sends, queues the writes, applies. */
  poll(): void {
    for (;;) {
      const ready = this.node?.ready();
      if (!ready) return;
      if (ready.snapshot) this.#restore(ready.snapshot);
      for (const message of ready.messages) this.#send(message);
      this.#writes.push(ready);
      for (const entry of ready.committedEntries) this.#apply(entry);
      this.reads.push(...ready.readStates);
    }
  }

  #send(message: Message): void {
    if (message.type !== 'snapshot') {
      this.#events.send({ message, state: undefined });
      return;
    }
    // As a driver would, send the state of now rather than of when the snapshot was offered.
    const snapshot = this.node!.snapshot();
    this.#events.send({ message: { ...message, snapshot }, state: [...this.state] });
  }

  #apply(entry: Entry): void {
    if (entry.index !== this.applied + 1) throw new Error(`${this.id} applies ${entry.index} after ${this.applied}`);
    this.applied = entry.index;
    if (entry.type === 'confChange') this.#configure(entry);
    else if (entry.data.length > 0) this.state.push(Buffer.from(entry.data).toString());
    this.node?.applied(entry.index);
    this.#events.applied(this, entry);
  }

  #configure(entry: Entry): void {
    const conf = this.node!.applyConfChange(decodeConfChange(entry.data));
    this.#events.configured?.(this, conf);
  }

  #restore(snapshot: Snapshot): void {
    this.state = [...this.#incoming.get(snapshot.index)!];
    this.applied = snapshot.index;
    this.#incoming.clear();
    this.node?.applied(snapshot.index);
    this.#events.restored?.(this);
  }

  /** The oldest write becomes durable. */
  completeWrite(): void {
    const ready = this.#writes.shift();
    if (!ready || !this.node) return;
    this.#persist(ready);
    this.node.persisted(ready);
    for (const message of ready.messagesAfterPersist) this.#send(message);
  }

  #persist(ready: Ready): void {
    const durable = this.#durable;
    if (ready.snapshot) {
      durable.snapshot = ready.snapshot;
      durable.snapshotState = [...this.state];
      durable.entries = [];
    }
    const [first] = ready.entries;
    if (first) {
      const from = durable.entries[0]?.index ?? first.index;
      durable.entries.splice(first.index - from, Infinity, ...ready.entries);
    }
    if (ready.hardState) durable.hardState = ready.hardState;
  }

  /** Makes a snapshot of what is applied and drops entries that are `keep` behind it. */
  compact(keep: number): void {
    const durable = this.#durable;
    const snapshot = this.node?.snapshot();
    if (!snapshot || snapshot.index <= durable.snapshot.index || this.#writes.length > 0) return;
    durable.snapshot = snapshot;
    durable.snapshotState = [...this.state];
    durable.entries = durable.entries.filter((entry) => entry.index > snapshot.index);
    if (durable.hardState.commit < snapshot.index) durable.hardState = { ...durable.hardState, commit: snapshot.index };
    this.node?.offerSnapshot(snapshot);
    this.node?.compact(snapshot.index - keep);
  }
}
