import { controllerOf, type Job, type Pod } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';

/** What is left in the end, without what chance or haste decides: names, times, and what was tried on the way. */
export async function endState(client: ApiClient): Promise<string[]> {
  const lines: string[] = [];
  const { items: sets } = await client.list(resources.replicaSets);
  const deploymentOf = new Map(sets.map((it) => [it.metadata.uid, controllerOf(it)?.name]));
  const { items: pods } = await client.list(resources.pods);
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const what = textOf(pod, deploymentOf);
    if (what !== undefined) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  for (const [what, count] of counts) lines.push(`${what}: ${count}`);
  for (const { metadata, spec, status } of (await client.list(resources.deployments)).items) {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
    lines.push(`Deployment ${metadata.name}: ${spec?.replicas}, ${replicas} ${updatedReplicas} ${availableReplicas}`);
  }
  for (const { metadata, spec, status } of (await client.list(resources.statefulSets)).items) {
    const { replicas = 0, readyReplicas = 0, currentReplicas = 0, updatedReplicas = 0 } = status ?? {};
    const settled = status?.currentRevision === status?.updateRevision;
    lines.push(
      `StatefulSet ${metadata.name}: ${spec?.replicas}, ${replicas} ${readyReplicas} ${currentReplicas} ${updatedReplicas} ${settled}`,
    );
  }
  for (const { metadata, status } of (await client.list(resources.daemonSets)).items) {
    const { desiredNumberScheduled, numberReady, updatedNumberScheduled } = status ?? {};
    lines.push(`DaemonSet ${metadata.name}: ${desiredNumberScheduled} ${numberReady} ${updatedNumberScheduled}`);
  }
  for (const job of (await client.list(resources.jobs)).items) lines.push(jobText(job));
  return lines.sort();
}

function textOf(pod: Pod, deploymentOf: ReadonlyMap<string | undefined, string | undefined>): string | undefined {
  const owner = controllerOf(pod);
  const phase = pod.status?.phase ?? 'Pending';
  // How many failed on the way is a matter of luck; so is how many pods an interrupted Job needed.
  if (owner?.kind === 'Job') return undefined;
  const whole = deploymentOf.get(owner?.uid);
  const who = whole === undefined ? `${owner?.kind} ${owner?.name}` : `Deployment ${whole}`;
  const name = owner?.kind === 'StatefulSet' ? ` ${pod.metadata.name}` : '';
  return `${who}${name} ${pod.spec?.containers?.[0]?.image} ${phase}`;
}

function jobText({ metadata, spec, status }: Job): string {
  const ends = (status?.conditions ?? []).filter((it) => it.status === 'True').map((it) => it.type);
  const end = ['Complete', 'Failed', 'Suspended'].find((it) => ends.includes(it)) ?? 'open';
  // A Job that failed may have had some luck before.
  const done =
    end === 'Failed' ? '' : ` ${status?.succeeded ?? 0} of ${spec?.completions}, ${status?.completedIndexes ?? ''}`;
  return `Job ${metadata.name}: ${end}${done}`;
}
