import assert from 'node:assert/strict';
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import { decide } from '../controllers/statefulset/decide.js';
import type { Action, Decision } from '../framework/actions.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const labels = { app: 'web' };
type Spec = NonNullable<StatefulSet['spec']>;

export const templateOf = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } });

/** A StatefulSet with all that is its own, to which decisions are done at once, and a kubelet that is told what to do. */
export class StatefulSetModel {
  set: StatefulSet;
  now = NOW;
  readonly pods = new Map<string, Pod>();
  readonly claims = new Map<string, PersistentVolumeClaim>();
  readonly revisions = new Map<string, ControllerRevision>();
  writes = 0;
  #uids = 0;

  constructor(spec: Partial<Spec> = {}) {
    this.set = {
      metadata: { name: 'web', namespace: 'default', uid: 'u', generation: 1 },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        serviceName: 'web',
        template: templateOf('one'),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        ...spec,
      },
    };
  }

  change(spec: Partial<Spec>): void {
    const generation = (this.set.metadata.generation ?? 0) + 1;
    this.set = { ...this.set, metadata: { ...this.set.metadata, generation }, spec: { ...this.set.spec!, ...spec } };
  }

  look(): Decision {
    const { set, now } = this;
    const [pods, revisions] = [[...this.pods.values()], [...this.revisions.values()]];
    return decide({ set, pods, revisions, claimOf: (name) => this.claims.get(name), now });
  }

  /** Does what is decided once; whether that was anything. */
  step(): boolean {
    const { steps = [], afterwards } = this.look();
    const actions = [...steps.flat(), ...(afterwards?.(undefined) ?? [])].filter((it) => it.do !== 'tell');
    for (const action of actions) this.#apply(action);
    this.writes += actions.length;
    return actions.length > 0;
  }

  settle(): void {
    for (let turn = 0; this.step(); turn += 1) assert.ok(turn < 2000, 'it never comes to rest');
  }

  /** Makes all that is there serve, takes away what is on its way out, and lets things happen until nothing does. */
  serveAll(): void {
    for (let turn = 0; ; turn += 1) {
      assert.ok(turn < 500, 'it never comes to rest');
      this.settle();
      const before = this.writes;
      for (const name of [...this.pods.keys()]) this.take(name);
      for (const name of this.pods.keys()) this.ready(name);
      this.settle();
      if (this.writes === before) return;
    }
  }

  ready(name: string, phase = 'Running'): void {
    const pod = this.pods.get(name);
    if (pod === undefined || this.isServing(pod)) return;
    const status = phase === 'Running' ? 'True' : 'False';
    const conditions = [{ type: 'Ready', status, lastTransitionTime: rfc3339(this.now) }];
    this.pods.set(name, { ...pod, status: { phase, conditions } });
  }

  isServing({ status, metadata }: Pod): boolean {
    return status?.phase === 'Running' && status.conditions?.[0]?.status === 'True' && !metadata.deletionTimestamp;
  }

  /** The end of a pod that is on its way out. */
  take(name: string): void {
    if (this.pods.get(name)?.metadata.deletionTimestamp !== undefined) this.pods.delete(name);
  }

  images(): Record<string, string | undefined> {
    return Object.fromEntries([...this.pods].sort().map(([name, pod]) => [name, pod.spec?.containers?.[0]?.image]));
  }

  #apply(action: Exclude<Action, { do: 'tell' }>): void {
    const { object } = action;
    const { name = '' } = object.metadata;
    if (action.resource.plural === 'statefulsets') {
      assert.ok('subresource' in action && action.subresource === 'status');
      this.set = object as StatefulSet;
      return;
    }
    const all = (this as unknown as Record<string, Map<string, unknown>>)[
      { pods: 'pods', persistentvolumeclaims: 'claims', controllerrevisions: 'revisions' }[action.resource.plural]!
    ]!;
    switch (action.do) {
      case 'create': {
        assert.ok(!all.has(name), `a second ${action.resource.kind} ${name}`);
        this.#uids += 1;
        const uid = `uid-${this.#uids}`;
        const status = action.resource.plural === 'pods' ? { status: { phase: 'Pending' } } : {};
        all.set(name, { ...object, metadata: { ...object.metadata, uid }, ...status });
        break;
      }
      case 'delete':
        if (action.resource.plural !== 'pods') all.delete(name);
        else all.set(name, { ...object, metadata: { ...object.metadata, deletionTimestamp: rfc3339(this.now) } });
        break;
      default:
        assert.ok(all.has(name));
        all.set(name, object);
    }
  }
}
