import {
  ApiError,
  apiErrors,
  type Kind,
  type KubeObject,
  type RequestBody,
  type RequestOptions,
  type Steps,
  trackUpdateSteps,
  type Writer,
} from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { Warn } from './context.js';
import { decodeBodySteps } from './decode-body.js';
import { fieldValidationOf } from './options.js';
import { type Applied, appliedObject, patchObject } from './patch.js';
import type { Pace } from './pause.js';
import { SideThread } from './side-thread.js';
import {
  kindName,
  received,
  refuseInvalid,
  type SentObject,
  type StageQuestion,
  type StageReply,
  sent,
} from './stage.js';
import { type Proposal, STATUS, WHOLE, type Write } from './write.js';

type Unnamed<Q> = Q extends StageQuestion ? Omit<Q, 'kind'> : never;
type Ask = Unnamed<StageQuestion>;
type AskOf<Stage extends Ask['do']> = Unnamed<Extract<StageQuestion, { do: Stage }>>;

/** What an answer is for. */
interface By {
  readonly kind: Kind;
  readonly pace: Pace;
  readonly warn?: Warn;
}

/** What a request is that is worked on. */
interface Asked {
  readonly kind: Kind;
  readonly body: RequestBody | undefined;
  readonly options: RequestOptions;
  readonly warn: Warn;
  readonly pace: Pace;
}

/**
 * The long parts of a write. They are done at once where what they work on is small, and by a thread beside the main
 * one where it is large: there a single one may take longer than others are to wait.
 */
export class Stages {
  readonly #thread: SideThread<StageQuestion, StageReply>;
  readonly #isLocal: boolean;

  /** `isLocal`: all of the cluster is on one machine, so loopback addresses are as good as others. */
  constructor(clock: Clock, { isLocal = false } = {}) {
    this.#isLocal = isLocal;
    const module = new URL('./stage-worker.js', import.meta.url);
    this.#thread = new SideThread({ module, what: 'large objects' }, clock);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  /** The body of a create or update as an object of its kind. */
  async decoded({ kind, body, options, warn, pace }: Asked): Promise<KubeObject> {
    const fieldValidation = fieldValidationOf(options);
    if (body === undefined || !this.#isAside(kind, pace))
      return pace.run(decodeBodySteps(kind, body, fieldValidation, warn));
    return this.#object({ kind, pace, warn }, { do: 'decode', body, fieldValidation });
  }

  /** A patch as a function of the object's current state; what is wrong with a small one itself is thrown at once. */
  patch({ kind, body, options, warn, pace }: Asked): Proposal {
    const fieldValidation = fieldValidationOf(options);
    const here = this.#isAside(kind, pace) ? undefined : patchObject(kind, body, fieldValidation, warn);
    return (current) => {
      if (body === undefined || (here !== undefined && !this.#isAside(kind, pace))) return here!(current);
      return this.#patched({ kind, pace, warn }, { do: 'patch', body, fieldValidation }, current);
    };
  }

  async #patched(by: By, ask: Omit<AskOf<'patch'>, 'current'>, current: KubeObject): Promise<KubeObject> {
    return this.#object(by, { ...ask, current: await by.pace.run(sent(current)) });
  }

  /** An applied configuration as a function of the object's current state. */
  async applied(
    asked: Asked,
  ): Promise<
    (live: KubeObject | undefined, writer: Writer & { force: boolean }) => Steps<KubeObject> | Promise<KubeObject>
  > {
    const { kind, body, options, pace } = asked;
    let here: Applied | undefined;
    if (body === undefined || !this.#isAside(kind, pace)) here = await pace.run(appliedObject(kind, body, options));
    else await this.#ask(asked, { do: 'checkApply', body, options });
    return (live, writer) => {
      if (body === undefined || (here !== undefined && !this.#isAside(kind, pace))) return here!.over(live, writer);
      return this.#appliedOver(asked, { do: 'apply', body, options, writer }, live);
    };
  }

  async #appliedOver(by: By, ask: Omit<AskOf<'apply'>, 'live'>, live: KubeObject | undefined): Promise<KubeObject> {
    return this.#object(by, { ...ask, live: live && (await by.pace.run(sent(live))) });
  }

  /** The object with its defaults: the same one, or one in its place. Throws 413 where no body could hold it. */
  async defaulted(write: Write, object: KubeObject): Promise<KubeObject> {
    const by = byOf(write);
    if (this.#isAside(by.kind, by.pace))
      return this.#object(by, { do: 'default', object: await by.pace.run(sent(object)) });
    by.kind.defaults(object);
    return object;
  }

  /** The object with its defaults, and with the record of who manages what after this write. */
  async tracked(write: Write, live: KubeObject | undefined, object: KubeObject): Promise<KubeObject> {
    const { kind, pace } = byOf(write);
    const { writer } = write;
    if (writer !== undefined && this.#isAside(kind, pace)) {
      const both = { object: await pace.run(sent(object)), live: live && (await pace.run(sent(live))) };
      return this.#object({ kind, pace }, { do: 'default', ...both, writer });
    }
    const full = await this.defaulted(write, object);
    await pace.pause();
    if (writer !== undefined) await pace.run(trackUpdateSteps(live, full, kind, writer));
    return full;
  }

  /** The object as it is to be stored. */
  async completed(write: Write, object: KubeObject): Promise<KubeObject> {
    const by = byOf(write);
    if (this.#isAside(by.kind, by.pace))
      return this.#object(by, { do: 'complete', object: await by.pace.run(sent(object)) });
    by.kind.defaults(object);
    await by.pace.pause();
    by.kind.complete(object);
    return object;
  }

  /** Throws 422 for an object that breaks its kind's rules for new ones. */
  async validate(write: Write, object: KubeObject): Promise<void> {
    const { kind, pace } = byOf(write);
    const isLocal = this.#isLocalFor(write);
    const errors = (await write.collection.rules.check?.(object, undefined, '')) ?? [];
    if (this.#isAside(kind, pace)) {
      await this.#ask({ kind, pace }, { do: 'validate', isLocal, errors, next: await pace.run(sent(object)) });
      return;
    }
    refuseInvalid(kind, object.metadata.name ?? '', [...errors, ...kind.validate(object)], isLocal);
  }

  /** Throws 422 for a change that breaks the kind's rules. */
  async validateUpdate(write: Write, next: KubeObject, old: KubeObject): Promise<void> {
    const { kind, pace } = byOf(write);
    const { part, name } = write;
    const isLocal = this.#isLocalFor(write);
    const errors = (await write.collection.rules.check?.(next, old, part.name)) ?? [];
    if ((part === WHOLE || part === STATUS) && this.#isAside(kind, pace)) {
      const both = { next: await pace.run(sent(next)), old: await pace.run(sent(old)) };
      await this.#ask({ kind, pace }, { do: 'validateUpdate', isLocal, errors, part: part.name, ...both });
      return;
    }
    refuseInvalid(kind, name, [...errors, ...part.validate(kind, next, old)], isLocal);
  }

  #isLocalFor({ context }: Write): boolean {
    return this.#isLocal || context.isServer === true;
  }

  #isAside(kind: Kind, pace: Pace): boolean {
    return pace.isHuge && kindName(kind) !== undefined;
  }

  async #object(by: By, ask: Ask): Promise<KubeObject> {
    const object = await this.#ask(by, ask);
    if (object === undefined) throw new Error(`no object of ${ask.do}`);
    return by.pace.run(received(object));
  }

  async #ask({ kind, warn }: By, ask: Ask): Promise<SentObject | undefined> {
    const name = kindName(kind);
    if (name === undefined) throw new Error(`nobody else knows the kind ${kind.kind}`);
    const reply = await this.#thread.ask({ ...ask, kind: name });
    if (reply === undefined) throw apiErrors.requestEntityTooLarge('the object needs too much memory or time');
    if ('failed' in reply) throw new Error(reply.failed);
    for (const text of reply.warnings) warn?.(text);
    if ('refused' in reply) throw new ApiError(reply.refused);
    return reply.object;
  }
}

function byOf({ collection: { kind }, pace }: Write): By {
  return { kind, pace };
}
