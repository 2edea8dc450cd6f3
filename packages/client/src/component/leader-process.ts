import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import {
  type Clock,
  createLogger,
  createMetrics,
  type Flags,
  type FlagTable,
  Lifecycle,
  type Logger,
  parseFlags,
  type Random,
  type Registry,
  type StatusPage,
  StatusServer,
  systemClock,
  systemRandom,
} from '@keelson/service';
import type { ApiClient } from '../api-client.js';
import type { Discovered } from '../discovery.js';
import { LeaderElection } from '../election/leader-election.js';
import { EventRecorder } from '../events/event-recorder.js';
import { InformerFactory } from '../informer/informer-factory.js';
import type { RequestRate } from '../transport/limited.js';
import { openApi } from './api-access.js';
import { apiFlags, checkApiArguments } from './api-flags.js';
import { DelegatedAccess } from './delegated-access.js';

/** Flags of a process of which one in the cluster acts and the others wait. */
export const leaderFlags = {
  ...apiFlags,
  'leader-elect': { type: 'boolean', default: true, description: 'Act only while holding the lease' },
  'leader-elect-lease-duration': {
    type: 'number',
    default: 15,
    description: 'Seconds until an unrenewed lease is free',
  },
  'leader-elect-renew-deadline': {
    type: 'number',
    default: 10,
    description: 'Seconds of failed renewals before giving up',
  },
  'leader-elect-resource-name': {
    type: 'string',
    description: 'Name of the lease, if not upstream’s for the component',
  },
  'leader-elect-resource-namespace': { type: 'string', default: 'kube-system', description: 'Namespace of the lease' },
  'leader-elect-retry-period': { type: 'number', default: 2, description: 'Seconds between attempts' },
  'status-address': { type: 'string', default: '127.0.0.1', description: 'Address of /metrics, /livez and /readyz' },
  'status-port': { type: 'number', default: 0, description: 'Port of /metrics, /livez and /readyz; 0: a free one' },
} as const satisfies FlagTable;

/** What the acting process works with. */
export interface LeaderContext {
  readonly client: ApiClient;
  /** A client for a part of the process, with its own share of requests. */
  readonly clientOf: (part: string) => ApiClient;
  /** The same with the credentials of a service account in kube-system. */
  readonly clientAs: (serviceAccount: string) => ApiClient;
  /** What the API server serves now. */
  readonly discover: () => Promise<Discovered>;
  readonly informers: InformerFactory;
  /** Its events are written by that client, or by one of its own. */
  readonly recorder: (component: string, client?: ApiClient) => EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Aborts when leadership is lost or the process stops. */
  readonly signal: AbortSignal;
}

export interface LeaderProcess<T extends FlagTable> {
  readonly program: string;
  /** Of the lease in kube-system, as upstream names it. */
  readonly leaseName: string;
  readonly flags: T;
  /** Of requests over REST, unless flags say otherwise; each part of the process has as much. */
  readonly rate: RequestRate;
  /** Pages beside those of every process, by path; what they show may come later. */
  readonly pages?: ReadonlyMap<string, StatusPage>;
  check?(args: Flags<T>): string | undefined;
  /** Acts until the signal aborts. */
  lead(context: LeaderContext, args: Flags<T>): Promise<void>;
}

/** What is wrong with a leader's flags, if anything. */
function checkLeaderArguments(args: Flags<typeof leaderFlags>): string | undefined {
  const wrong = checkApiArguments(args);
  if (wrong !== undefined) return wrong;
  const { apiserver, 'tls-ca-file': ca, 'tls-cert-file': cert, 'status-address': address } = args;
  if (apiserver && !(ca && cert)) {
    const missing = ca ? '--tls-cert-file and --tls-private-key-file' : '--tls-ca-file';
    return `--apiserver needs --tls-ca-file, --tls-cert-file and --tls-private-key-file: ${missing} not given`;
  }
  if (!cert && !/^(127\.|::1$|localhost$)/.test(address))
    return `--status-address: "${address}" is not of this machine alone: give --tls-cert-file and --tls-private-key-file`;
  return undefined;
}

/** Runs a process from its command line to its end: connect, wait for the lease, act, let go of it. */
export async function runLeaderProcess<T extends typeof leaderFlags>(definition: LeaderProcess<T>): Promise<void> {
  const { program, leaseName } = definition;
  const args = parseFlags(program, definition.flags, (given) => {
    return checkLeaderArguments(given as never) ?? definition.check?.(given);
  });
  const common = args as unknown as Flags<typeof leaderFlags>;
  const clock = systemClock();
  const random = systemRandom();
  const logger = createLogger(leaseName, { level: common['log-level'] });
  const lifecycle = new Lifecycle({}, { clock, logger });
  await lifecycle.run(async () => {
    const metrics = createMetrics();
    const onWarning = (text: string) => logger.debug({ warning: text }, 'the API server warns');
    const access = openApi(
      { args: common, program: leaseName, rate: definition.rate },
      { clock, environment: process.env, onWarning },
    );
    const { serving } = access;
    const wanted = (verb: string, path: string) => ({ nonResourceAttributes: { verb, path } });
    const asking = { client: access.client('delegated-access'), clock };
    const { guard } = new DelegatedAccess({ ca: serving?.ca ?? Buffer.alloc(0), wanted }, asking);
    const status = new StatusServer(
      { host: common['status-address'], port: common['status-port'], tls: serving },
      { registry: metrics, readiness: new Map([['ping', () => {}]]), guard, pages: definition.pages },
    );
    const port = await status.listen();
    logger.info({ port }, 'status served');
    const client = access.client('main');
    const informers = new InformerFactory(
      { client: access.client('shared-informers'), clock, random, logger },
      { streamLists: true },
    );
    const recorders: EventRecorder[] = [];
    const recorder = (component: string, writer: ApiClient = access.client('events')) => {
      const made = new EventRecorder({ component }, { client: writer, clock, random, logger });
      recorders.push(made);
      return made;
    };
    const lead = (signal: AbortSignal) => {
      // Every informer and every controller listens for the end: many listeners are no leak here.
      setMaxListeners(0, signal);
      const discover = () => client.discover();
      const { client: clientOf, clientAs } = access;
      return definition.lead(
        { client, clientOf, clientAs, discover, informers, recorder, clock, random, logger, metrics, signal },
        args,
      );
    };
    const running = common['leader-elect']
      ? new LeaderElection(
          {
            namespace: common['leader-elect-resource-namespace'],
            name: common['leader-elect-resource-name'] || leaseName,
            identity: `${hostname()}_${random.uuid()}`,
            leaseMs: common['leader-elect-lease-duration'] * 1000,
            renewDeadlineMs: common['leader-elect-renew-deadline'] * 1000,
            retryMs: common['leader-elect-retry-period'] * 1000,
          },
          { client: access.client('leader-election'), clock, random, logger },
        ).run(lead, lifecycle.stopping)
      : lead(lifecycle.stopping);
    lifecycle.onStop('client', () => access.close());
    lifecycle.onStop('status server', () => status.close());
    lifecycle.onStop('leadership', async () => {
      await running.catch(() => {});
      await Promise.all(recorders.map((it) => it.flush()));
    });
    // Whoever lost the lease knows nothing any more of what the next leader does: start over.
    void running.then(
      () => {
        if (!lifecycle.stopping.aborted) void lifecycle.stop('leadership ended', 1);
      },
      (error: unknown) => {
        if (!lifecycle.stopping.aborted) lifecycle.fail(error);
      },
    );
  });
}
