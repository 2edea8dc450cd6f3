import type { Readable } from 'node:stream';
import type { etcd } from '@keelson/protocol';
import type { Lane } from '../replica/lane.js';
import type { Steps } from '../steps.js';

interface Waiting<Author> {
  readonly request: etcd.WatchRequest;
  author: Author | Promise<Author>;
}

/** Requests of a stream that wait to be dealt with: beyond, its client has to. */
const WAITING_MAX = 100;

export interface WatchRequestsOptions<Author> {
  readonly lane: () => Lane;
  /** Where they come from. */
  readonly source: Pick<Readable, 'pause' | 'resume'>;
  /** Who asks; a promise must not reject. */
  readonly authorOf: (request: etcd.WatchRequest) => Author | Promise<Author>;
  /** Deals with one; says what it cost. */
  readonly take: (request: etcd.WatchRequest, author: Author) => number;
  readonly failed: (error: unknown) => void;
}

/** A stream's requests, dealt with in their order and in the lane: however many come at once, others have their turn. */
export class WatchRequests<Author> {
  readonly #options: WatchRequestsOptions<Author>;
  readonly #waiting: Waiting<Author>[] = [];
  #working = false;
  #paused = false;
  #ended = false;

  constructor(options: WatchRequestsOptions<Author>) {
    this.#options = options;
  }

  push(request: etcd.WatchRequest): void {
    // Whether everything was sent takes long to find out for many watches: asked several times in a row, it is once.
    if (request.progressRequest && this.#waiting.at(-1)?.request.progressRequest) return;
    this.#waiting.push({ request, author: this.#options.authorOf(request) });
    if (this.#waiting.length >= WAITING_MAX) this.#pause();
    this.#work();
  }

  #work(): void {
    if (this.#working || this.#waiting.length === 0) return;
    this.#working = true;
    const { lane, failed } = this.#options;
    const goOn = () => {
      this.#working = false;
      if (this.#waiting.length === 0) this.#resume();
      this.#work();
    };
    lane().run(this.#takeAll(lane())).then(goOn, failed);
  }

  #pause(): void {
    this.#paused = true;
    this.#options.source.pause();
  }

  #resume(): void {
    if (!this.#paused || this.#ended) return;
    this.#paused = false;
    this.#options.source.resume();
  }

  /**
   * Finding out who asks for a watch may take a while: then the result is what to wait for. What comes after waits too,
   * so that it finds the watch.
   */
  *#takeAll({ pace }: Lane): Steps<Promise<void> | undefined> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const { request, author } = next;
      if (author instanceof Promise) return this.#know(next, author);
      this.#waiting.shift();
      if (pace.spend(this.#options.take(request, author))) yield;
    }
    return undefined;
  }

  async #know(waiting: Waiting<Author>, author: Promise<Author>): Promise<void> {
    waiting.author = await author;
  }

  end(): void {
    this.#ended = true;
    this.#waiting.length = 0;
  }
}
