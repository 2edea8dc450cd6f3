import assert from 'node:assert/strict';
import type { ControllerRevision, DaemonSet, Node, Pod, Taint } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import { decide } from '../controllers/daemonset/decide.js';
import { FailedPods } from '../controllers/daemonset/failed-pods.js';
import { targetNode } from '../controllers/daemonset/placement.js';
import type { Action } from '../framework/actions.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
type Spec = NonNullable<DaemonSet['spec']>;
type Write = Exclude<Action, { do: 'tell' }>;

export const labels = { app: 'd' };
export const templateOf = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } });

/** A DaemonSet and nodes, with decisions done at once. */
export class DaemonSetModel {
  daemonSet: DaemonSet;
  now = NOW;
  readonly nodes = new Map<string, Node>();
  readonly pods = new Map<string, Pod>();
  readonly revisions = new Map<string, ControllerRevision>();
  readonly failed = new FailedPods();
  #made = 0;

  constructor(nodes: number, spec: Partial<Spec> = {}) {
    for (let index = 0; index < nodes; index += 1) this.addNode(`n${index}`);
    this.daemonSet = {
      metadata: { name: 'd', namespace: 'default', uid: 'u', generation: 1 },
      spec: { selector: { matchLabels: labels }, template: templateOf('one'), ...spec },
    };
  }

  addNode(name: string, taints: Taint[] = []): void {
    this.nodes.set(name, { metadata: { name }, spec: { taints } });
  }

  change(spec: Partial<Spec>): void {
    this.daemonSet = { ...this.daemonSet, spec: { ...this.daemonSet.spec!, ...spec } };
  }

  look() {
    const { daemonSet, nodes, pods, revisions, now } = this;
    return decide({
      daemonSet,
      nodes: [...nodes.values()],
      pods: [...pods.values()],
      revisions: [...revisions.values()],
      heldBack: (node) => this.failed.heldBack(node, now),
      now,
    });
  }

  step(): Write[] {
    const { decision, failing } = this.look();
    for (const node of failing) this.failed.replaced(node, this.now);
    const actions = [...(decision.steps ?? []).flat(), ...(decision.afterwards?.(undefined) ?? [])];
    const writes = actions.filter((it): it is Write => it.do !== 'tell');
    for (const action of writes) this.#apply(action);
    return writes;
  }

  settle(): void {
    for (let turn = 0; this.step().length > 0; turn += 1) assert.ok(turn < 200, 'it never comes to rest');
  }

  /** Lets everything serve and go that can, until nothing happens. */
  serveAll(): void {
    for (let turn = 0; turn < 200; turn += 1) {
      let writes = this.step().length;
      for (const pod of [...this.pods.values()]) {
        const name = pod.metadata.name ?? '';
        if (pod.metadata.deletionTimestamp !== undefined) this.pods.delete(name);
        else if (!isServing(pod)) this.ready(name);
        else continue;
        writes += 1;
      }
      if (writes === 0) return;
    }
    assert.fail('it never comes to rest');
  }

  ready(name: string, phase = 'Running'): void {
    const pod = this.pods.get(name);
    if (pod === undefined) return;
    const status = phase === 'Running' ? 'True' : 'False';
    const conditions = [{ type: 'Ready', status, lastTransitionTime: rfc3339(this.now) }];
    this.pods.set(name, { ...pod, status: { phase, conditions } });
  }

  images(): string[] {
    return [...this.pods.values()].map((pod) => `${targetNode(pod)} ${pod.spec?.containers?.[0]?.image}`).sort();
  }

  #apply({ do: verb, object, resource }: Write): void {
    if (resource.plural === 'daemonsets') {
      this.daemonSet = object as DaemonSet;
      return;
    }
    const all: Map<string, unknown> = resource.plural === 'pods' ? this.pods : this.revisions;
    this.#made += 1;
    const name = object.metadata.name ?? `d-${String(this.#made).padStart(4, '0')}`;
    const deletionTimestamp = rfc3339(this.now);
    if (verb === 'create') all.set(name, { ...object, metadata: { ...object.metadata, name, uid: name } });
    else if (verb === 'update') all.set(name, object);
    else if (verb === 'delete' && resource.plural === 'pods')
      all.set(name, { ...object, metadata: { ...object.metadata, deletionTimestamp } });
    else if (verb === 'delete') all.delete(name);
  }
}

export function isServing({ status, metadata }: Pod): boolean {
  return status?.conditions?.[0]?.status === 'True' && metadata.deletionTimestamp === undefined;
}
