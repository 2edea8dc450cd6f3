import { setMaxListeners } from 'node:events';
import type { KubeObject } from '@keelson/api';
import type { Discovered, Informer, InformerFactory } from '@keelson/client';
import type { Clock, Logger, Timer } from '@keelson/service';
import { Catalogue, isDeletable, type ServedResource } from './catalogue.js';

/** Follows objects of kinds that come and go. */
export interface KindFollower {
  wants(resource: ServedResource): boolean;
  /** Before the informer has told of anything. It may know no more than the metadata of objects. */
  came(resource: ServedResource, informer: Informer<KubeObject>): void;
  /** The informer tells of nothing any more, and still has what was there last. */
  went?(resource: ServedResource, informer: Informer<KubeObject>): void;
}

interface Followed {
  readonly resource: ServedResource;
  readonly informer: Informer<KubeObject>;
}

interface Known {
  readonly catalogue: Catalogue;
  /** When it was asked for. */
  readonly moment: number;
}

/** As often as this all is asked for though nothing is known to have changed. */
const EVERY_MS = 30_000;
/** Changes come in crowds: so long after the first of them all is asked for. */
const SETTLE_MS = 1_000;
/** Between two times that nobody waits for. */
const APART_MS = 2_000;
/** What a definition says takes effect a little later than it says so. */
const AFTERWARDS_MS = 5_000;
/** Informers of kinds that nobody answers for do not keep the others from their work. */
const SYNC_MAX_MS = 30_000;

const DEFINERS: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io/customresourcedefinitions',
  'apiregistration.k8s.io/apiservices',
]);

/** Knows what the API server serves, follows its changes, and has an informer for each kind that somebody follows. */
export class ServedKinds {
  readonly #discover: () => Promise<Discovered>;
  readonly #informers: InformerFactory;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #followers: KindFollower[] = [];
  readonly #followed = new Map<string, Followed>();
  #known: Known | undefined;
  #asking: Promise<void> | undefined;
  /** Counts what happens, so that what was asked for before something is told from what was after. */
  #moment = 0;
  #changedAt = 0;
  #failing = '';
  #askedAt = Number.NEGATIVE_INFINITY;
  #isUnsettled = false;
  #next: { readonly at: number; readonly timer: Timer } | undefined;
  #signal: AbortSignal | undefined;

  constructor(dependencies: {
    discover: () => Promise<Discovered>;
    informers: InformerFactory;
    clock: Clock;
    logger: Logger;
  }) {
    this.#discover = dependencies.discover;
    this.#informers = dependencies.informers;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    const changed = () => this.#changed();
    this.follow({
      wants: ({ group, plural }) => DEFINERS.has(`${group}/${plural}`),
      came: (_resource, informer) => informer.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed }),
    });
  }

  /** Only before it starts. */
  follow(follower: KindFollower): void {
    this.#followers.push(follower);
  }

  /** What was served when last asked. */
  get current(): Catalogue | undefined {
    return this.#known?.catalogue;
  }

  /** For {@link since}. */
  now(): number {
    return ++this.#moment;
  }

  /** What was served at that moment or later, and since the last known change of a definition. Fails with ApiError. */
  async since(moment: number): Promise<Catalogue> {
    for (;;) {
      const known = this.#known;
      if (known !== undefined && known.moment >= Math.max(moment, this.#changedAt)) return known.catalogue;
      if (this.#asking !== undefined) await this.#asking.catch(() => {});
      else await this.#ask();
    }
  }

  /** Resolves once the informers of all that is followed have synced, or had long enough for it. */
  async start(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#next?.timer.cancel(), { once: true });
    while (this.#known === undefined) {
      await this.#ask().catch(() => this.#clock.sleep(SETTLE_MS, signal));
    }
    const enough = new AbortController();
    // Each informer that is waited for listens.
    setMaxListeners(0, enough.signal);
    const timer = this.#clock.after(SYNC_MAX_MS, () => enough.abort(new Error('took too long')));
    const end = () => enough.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    try {
      await Promise.all([...this.#followed.values()].map(({ informer }) => informer.synced(enough.signal)));
    } catch (error) {
      signal.throwIfAborted();
      const missing = [...this.#followed.values()]
        .filter((it) => !it.informer.hasSynced)
        .map((it) => textOf(it.resource));
      this.#logger.warn({ missing, reason: (error as Error).message }, 'going on without some kinds');
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', end);
    }
    this.#askIn(EVERY_MS);
  }

  #changed(): void {
    this.#changedAt = this.now();
    this.#isUnsettled = true;
    this.#askIn(SETTLE_MS);
  }

  #askIn(milliseconds: number): void {
    if (this.#signal === undefined || this.#signal.aborted) return;
    const now = this.#clock.monotonic();
    const at = Math.max(now + milliseconds, this.#askedAt + APART_MS);
    if (this.#next !== undefined && this.#next.at <= at) return;
    this.#next?.timer.cancel();
    const timer = this.#clock.after(at - now, () => {
      this.#next = undefined;
      const afterwards = this.#isUnsettled ? AFTERWARDS_MS : EVERY_MS;
      this.#isUnsettled = false;
      void (this.#asking ?? this.#ask()).catch(() => {}).finally(() => this.#askIn(afterwards));
    });
    this.#next = { at, timer };
  }

  #ask(): Promise<void> {
    this.#asking = this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(): Promise<void> {
    const moment = this.now();
    this.#askedAt = this.#clock.monotonic();
    try {
      const catalogue = new Catalogue(await this.#discover(), this.#known?.catalogue);
      this.#known = { catalogue, moment };
      this.#told([...catalogue.failures.values(), ...catalogue.unparsable].join(', '));
    } catch (error) {
      this.#told(error instanceof Error ? error.message : String(error));
      throw error;
    }
    this.#apply(this.#known.catalogue);
  }

  /** Each state once, not each time. */
  #told(failing: string): void {
    if (failing === this.#failing) return;
    this.#failing = failing;
    if (failing === '') this.#logger.info({}, 'all that is served is known again');
    else this.#logger.warn({ reason: failing }, 'not all that is served is known: what was known stays');
  }

  #apply(catalogue: Catalogue): void {
    const wanted = new Map(
      catalogue.preferred
        .filter((it) => isDeletable(it) && this.#followers.some((follower) => follower.wants(it)))
        .map((it) => [keyOf(it), it]),
    );
    // First what goes: what comes may be of the same name.
    for (const [key, { resource, informer }] of this.#followed) {
      // What a controller has whole informers of is part of the server, and comes back.
      if (wanted.has(key) || !this.#informers.endMetadata(resource)) continue;
      this.#followed.delete(key);
      this.#logger.info({ resource: textOf(resource) }, 'no longer served');
      for (const it of this.#followers) if (it.wants(resource)) it.went?.(resource, informer);
    }
    for (const [key, resource] of wanted) if (!this.#followed.has(key)) this.#begin(key, resource);
  }

  #begin(key: string, resource: ServedResource): void {
    const informer = this.#informers.metadataFor(resource);
    this.#followed.set(key, { resource, informer });
    for (const it of this.#followers) if (it.wants(resource)) it.came(resource, informer);
    if (this.#signal !== undefined && !this.#signal.aborted) informer.start(this.#signal);
  }
}

function textOf({ group, version, plural }: ServedResource): string {
  return `${plural}.${version}.${group}`;
}

/** The same collection, of the same form. */
function keyOf({ group, version, plural, kind, namespaced }: ServedResource): string {
  return `${group}/${version}/${plural}/${kind}/${namespaced}`;
}
