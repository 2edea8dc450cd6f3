import {
  type HorizontalPodAutoscaler,
  type HPAScalingRules,
  objectKey,
  type Pod,
  quantityMilliValue,
} from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import type { Decision } from '../../framework/actions.js';
import { type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { OwnWrites } from '../../framework/own-writes.js';
import { Runner } from '../../framework/runner.js';
import { Scales } from '../../framework/scales.js';
import { decide, decideWithoutScale, needsMetrics, type Observed, type Target } from './decide.js';
import { MetricsApis, type MetricsSource } from './metrics-source.js';
import type { Readiness } from './pod-groups.js';
import { measure } from './proposals.js';
import type { Tolerances } from './replica-count.js';
import { begun, type ScalingHistory, scaled } from './scaling-history.js';
import { Selectors } from './selectors.js';

export const NAME = 'horizontal-pod-autoscaler';
export interface AutoscalingSettings extends Readiness {
  readonly periodMs: number;
  readonly downscaleMs: number;
  readonly tolerance: number;
  /** Absent: the metrics APIs behind the API server. */
  readonly source?: MetricsSource;
}

/** Looks at each autoscaler every so often: at its target, what is measured of that, and what comes of it. */
export class Autoscaling {
  readonly #context: ControllerContext;
  readonly #settings: AutoscalingSettings;
  readonly #autoscalers: Informer<HorizontalPodAutoscaler>;
  readonly #pods: Informer<Pod>;
  readonly #loop: KeyedLoop;
  readonly #writes: OwnWrites;
  readonly #runner: Runner;
  readonly #scales: Scales;
  readonly #source: MetricsSource;
  readonly #selectors = new Selectors();
  readonly #histories = new Map<string, ScalingHistory>();

  constructor(context: ControllerContext, settings: AutoscalingSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#autoscalers = context.informers.for(resources.horizontalPodAutoscalers);
    this.#pods = context.informers.for(resources.pods);
    this.#loop = new KeyedLoop(NAME, context);
    this.#writes = new OwnWrites(context);
    this.#runner = new Runner({ ...context, writes: this.#writes });
    this.#scales = new Scales(context);
    this.#source = settings.source ?? new MetricsApis({ client: context.client, scales: this.#scales });
    const { queue } = this.#loop;
    // As upstream, a new one waits its turn: what it scales is often made at the same time.
    this.#autoscalers.addHandler({
      onAdd: (it) => queue.addAfter(objectKey(it), settings.periodMs),
      onDelete: (it) => queue.add(objectKey(it)),
    });
  }

  run(workers: number): Promise<void> {
    const { client } = this.#context;
    return this.#loop.run(
      workers,
      (key) => this.#sync(key),
      (key) => this.#writes.seen(key, client),
    );
  }

  async #sync(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const autoscaler = this.#autoscalers.get(namespace, name);
    if (autoscaler === undefined) {
      this.#histories.delete(key);
      this.#selectors.forget(key);
      return undefined;
    }
    try {
      await this.#runner.perform(key, autoscaler, await this.#decide(key, autoscaler));
    } catch (error) {
      // Told in an event or a condition; the next time is soon enough.
      this.#context.logger.debug({ key, reason: error instanceof Error ? error.message : String(error) }, 'not scaled');
    }
    return this.#settings.periodMs;
  }

  async #decide(key: string, autoscaler: HorizontalPodAutoscaler): Promise<Decision> {
    const { clock } = this.#context;
    let target: Target;
    try {
      target = await this.#target(autoscaler);
    } catch (error) {
      return decideWithoutScale({ autoscaler, now: clock.now() }, error);
    }
    const before = this.#histories.get(key) ?? begun(target.scale.spec?.replicas ?? 0, clock.monotonic());
    const observed = needsMetrics(autoscaler, target) ? await this.#observe(autoscaler, target) : undefined;
    const moment = clock.monotonic();
    const { decision, history } = decide({ autoscaler, now: clock.now() }, target, observed, before, {
      moment,
      downscaleMs: this.#settings.downscaleMs,
      onScaled: (from, to) => this.#histories.set(key, scaled(history, from, to, moment)),
    });
    this.#histories.set(key, history);
    return decision;
  }

  /** The first of the target's kinds that has the object; whatever was wrong with the very first is told. */
  async #target({ metadata, spec }: HorizontalPodAutoscaler): Promise<Target> {
    const { apiVersion = '', kind = '', name = '' } = spec?.scaleTargetRef ?? {};
    let first: unknown;
    for (const resource of this.#scales.ofKind(apiVersion, kind)) {
      try {
        return { resource, scale: await this.#scales.get(resource, metadata.namespace ?? '', name) };
      } catch (error) {
        first ??= error;
      }
    }
    throw first;
  }

  async #observe(autoscaler: HorizontalPodAutoscaler, { scale }: Target): Promise<Observed> {
    const { namespace = '' } = autoscaler.metadata;
    const selector = scale.status?.selector ?? '';
    const selected = this.#selectors.podsOf(autoscaler, selector, this.#pods.list(namespace));
    if ('unselectable' in selected) return selected;
    const from = { namespace, selector };
    const specs = autoscaler.spec?.metrics ?? [];
    const measured = await Promise.all(specs.map((spec) => measure(spec, from, this.#source)));
    const circumstances = {
      specReplicas: scale.spec?.replicas ?? 0,
      statusReplicas: scale.status?.replicas ?? 0,
      pods: selected,
      tolerances: this.#tolerancesOf(autoscaler),
      readiness: this.#settings,
      now: this.#context.clock.now(),
    };
    return { measured, circumstances };
  }

  #tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
    const of = (rules: HPAScalingRules | undefined) =>
      rules?.tolerance === undefined ? this.#settings.tolerance : quantityMilliValue(rules.tolerance) / 1000;
    return { up: of(spec?.behavior?.scaleUp), down: of(spec?.behavior?.scaleDown) };
  }
}
