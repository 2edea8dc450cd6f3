import { readdirSync, readFileSync } from 'node:fs';
import { type Deployment, isApiError, type Pod } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';

const NAME = 'victim';
export const REPLICAS = 3;
/** Seconds that its pods stay on a node that is lost. */
const TOLERATION_SECONDS = 2;

/** A Deployment of a small server whose processes can be told apart: what faults are to leave running. */
export class Workload {
  readonly #client: ApiClient;
  readonly #namespace: string;

  constructor(namespace: string, client: ApiClient) {
    this.#namespace = namespace;
    this.#client = client;
  }

  async create(): Promise<void> {
    await this.#client.create(resources.namespaces, { metadata: { name: this.#namespace } });
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#client.create(resources.deployments, deploymentIn(this.#namespace));
        return;
      } catch (error) {
        if (!isApiError(error) || attempt > 20) throw error;
      }
    }
  }

  async remove(): Promise<void> {
    await this.#client.delete(resources.namespaces, { name: this.#namespace });
  }

  async pods(): Promise<Pod[]> {
    return (await this.#client.list(resources.pods, { namespace: this.#namespace })).items;
  }

  /** What keeps the workload from being as it should; undefined: nothing. */
  async problem(): Promise<string | undefined> {
    const deployment = await this.#client.get(resources.deployments, { namespace: this.#namespace, name: NAME });
    const available = deployment.status?.availableReplicas ?? 0;
    if (available !== REPLICAS) return `${available} of ${REPLICAS} replicas are available`;
    const pods = (await this.pods()).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    if (pods.length !== REPLICAS) return `${pods.length} pods instead of ${REPLICAS}`;
    const running = processesIn(this.#namespace);
    for (const { metadata } of pods) {
      const count = running.filter((it) => it.pod === metadata.name).length;
      if (count !== 1) return `pod ${metadata.name} has ${count} processes`;
    }
    const strangers = running.filter((it) => !pods.some(({ metadata }) => metadata.name === it.pod));
    return strangers.length === 0
      ? undefined
      : `processes of pods that are gone: ${strangers.map((it) => it.pod).join(', ')}`;
  }

  /** The process of one of its pods. */
  someProcess(): { pid: number; pod: string } {
    const [first] = processesIn(this.#namespace);
    if (first === undefined) throw new Error('no process of the workload runs');
    return first;
  }
}

/** The processes of a namespace's pods on this machine, by the environment that they were started with. */
function processesIn(namespace: string): { pid: number; pod: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        const value = (key: string) => environment.find((it) => it.startsWith(`${key}=`))?.slice(key.length + 1);
        // Only the server itself, not what started it.
        const isServer = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('CHAOS_SERVER');
        const pod = value('CHAOS_POD');
        return isServer && pod !== undefined && value('CHAOS_NAMESPACE') === namespace
          ? [{ pid: Number(name), pod }]
          : [];
      } catch {
        return []; // it ended meanwhile, or is not ours to look at
      }
    });
}

const SERVER = `
const CHAOS_SERVER = require('node:http').createServer((_, response) => response.end('ok'));
CHAOS_SERVER.listen(8080, process.env.POD_IP);
process.on('SIGTERM', () => process.exit(0));`;

function deploymentIn(namespace: string): Deployment {
  const labels = { app: NAME };
  const lost = (key: string) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: TOLERATION_SECONDS,
  });
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return {
    metadata: { namespace, name: NAME, labels },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 2,
          tolerations: [lost('not-ready'), lost('unreachable')],
          containers: [
            {
              name: 'server',
              image: 'node',
              command: ['node', '-e', SERVER],
              env: [field('CHAOS_POD', 'metadata.name'), field('CHAOS_NAMESPACE', 'metadata.namespace')],
              resources: { requests: { cpu: '10m', memory: '32Mi' } },
              readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}
