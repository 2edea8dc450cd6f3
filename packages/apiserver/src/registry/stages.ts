import {
  ApiError,
  apiErrors,
  decodeJson,
  encodeJson,
  invalidObject,
  type Kind,
  type KubeObject,
  type RequestBody,
  type RequestOptions,
  type Steps,
  type Writer,
} from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { Warn } from './context.js';
import { decodeBodySteps } from './decode-body.js';
import { fieldValidationOf } from './options.js';
import { type Applied, appliedObject, patchObject } from './patch.js';
import type { Pace } from './pause.js';
import { SideThread } from './side-thread.js';
import { isKnownEverywhere, type StageQuestion, type StageReply, sentBody } from './stage.js';
import { type Proposal, STATUS, WHOLE, type Write } from './write.js';

type AskOf<Q> = Q extends StageQuestion ? Omit<Q, 'kind'> : never;
type Ask = AskOf<StageQuestion>;

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

  constructor(clock: Clock) {
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
    return this.#object(kind, { do: 'decode', body: sentBody(body), fieldValidation }, warn);
  }

  /** A patch as a function of the object's current state; what is wrong with a small one itself is thrown at once. */
  patch({ kind, body, options, warn, pace }: Asked): Proposal {
    const fieldValidation = fieldValidationOf(options);
    const sent = body !== undefined && this.#isAside(kind, pace) ? sentBody(body) : undefined;
    const here = sent === undefined ? patchObject(kind, body, fieldValidation, warn) : undefined;
    return (current) => {
      if (here !== undefined && (body === undefined || !this.#isAside(kind, pace))) return here(current);
      const own = sent ?? sentBody(body!);
      return this.#object(kind, { do: 'patch', body: own, fieldValidation, current: encodeJson(current) }, warn);
    };
  }

  /** An applied configuration as a function of the object's current state. */
  async applied(
    asked: Asked,
  ): Promise<
    (live: KubeObject | undefined, writer: Writer & { force: boolean }) => Steps<KubeObject> | Promise<KubeObject>
  > {
    const { kind, body, options, warn, pace } = asked;
    let here: Applied | undefined;
    if (body === undefined || !this.#isAside(kind, pace)) here = await pace.run(appliedObject(kind, body, options));
    else await this.#ask(kind, { do: 'checkApply', body: sentBody(body), options }, warn);
    return (live, writer) => {
      if (here !== undefined && (body === undefined || !this.#isAside(kind, pace))) return here.over(live, writer);
      const question = { do: 'apply', body: sentBody(body!), options, writer } as const;
      return this.#object(kind, { ...question, live: live && encodeJson(live) }, warn);
    };
  }

  /** Throws 422 for an object that breaks its kind's rules for new ones. */
  async validate({ collection: { kind }, pace }: Write, object: KubeObject): Promise<void> {
    if (this.#isAside(kind, pace)) {
      await this.#ask(kind, { do: 'validate', next: encodeJson(object) });
      return;
    }
    const errors = kind.validate(object);
    if (errors.length > 0) throw invalidObject(kind, object.metadata.name ?? '', errors);
  }

  /** Throws 422 for a change that breaks the kind's rules. */
  async validateUpdate({ collection: { kind }, name, part, pace }: Write, next: KubeObject, old: KubeObject) {
    if ((part === WHOLE || part === STATUS) && this.#isAside(kind, pace)) {
      const json = encodeJson(next);
      await pace.pause();
      await this.#ask(kind, { do: 'validateUpdate', part: part.name, next: json, old: encodeJson(old) });
      return;
    }
    const errors = part.validate(kind, next, old);
    if (errors.length > 0) throw invalidObject(kind, name, errors);
  }

  #isAside(kind: Kind, pace: Pace): boolean {
    return pace.isHuge && isKnownEverywhere(kind);
  }

  async #object(kind: Kind, ask: Ask, warn: Warn): Promise<KubeObject> {
    return decodeJson(await this.#ask(kind, ask, warn)) as KubeObject;
  }

  async #ask({ group, version, plural }: Kind, ask: Ask, warn: Warn = () => {}): Promise<string> {
    const reply = await this.#thread.ask({ ...ask, kind: { group, version, plural } });
    if (reply === undefined) throw apiErrors.requestEntityTooLarge('the object needs too much memory or time');
    if ('refused' in reply) throw new ApiError(reply.refused);
    if ('failed' in reply) throw new Error(reply.failed);
    for (const text of reply.warnings) warn(text);
    return reply.json;
  }
}
