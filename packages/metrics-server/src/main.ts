#!/usr/bin/env node
import { apiFlags, checkApiArguments, openApi } from '@keelson/client';
import {
  createLogger,
  createMetrics,
  type Flags,
  type FlagTable,
  Lifecycle,
  list,
  loadAuthorities,
  parseDuration,
  parseFlags,
  systemClock,
  systemRandom,
} from '@keelson/service';
import { MetricsServer } from './metrics-server.js';

const table = {
  ...apiFlags,
  'bind-address': { type: 'string', default: '0.0.0.0', description: 'Address to serve at' },
  'secure-port': { type: 'number', default: 10_250, description: 'Port to serve at; 0 takes a free one' },
  'advertise-address': {
    type: 'string',
    description: 'Name or address under which API servers reach this one; without it, it does not register itself',
  },
  'metric-resolution': {
    type: 'string',
    default: '15s',
    description: 'Time between two looks at each kubelet, from 1s',
  },
  'kubelet-request-timeout': { type: 'string', default: '10s', description: 'Time that a kubelet may take to answer' },
  'kubelet-concurrency': { type: 'number', default: 20, description: 'Kubelets that are asked at the same time' },
  'kubelet-preferred-address-types': {
    type: 'string',
    default: 'InternalIP,ExternalIP,Hostname',
    description: 'Types of nodes’ addresses, the most wanted first',
  },
  'kubelet-port': { type: 'number', description: 'Port of all kubelets, whatever their nodes tell' },
  'kubelet-certificate-authority': {
    type: 'string',
    description: 'Who vouches for kubelets; the CA of the cluster unless given',
  },
  'kubelet-insecure-tls': { type: 'boolean', default: false, description: 'Believe kubelets whoever vouches for them' },
} as const satisfies FlagTable;

type Given = Flags<typeof table>;

function check(flags: Given): string | undefined {
  const wrong = checkApiArguments(flags);
  if (wrong !== undefined) return wrong;
  if (!flags['tls-cert-file']) return '--tls-cert-file and --tls-private-key-file: API servers come over TLS only';
  const { 'tls-ca-file': clusterCa, 'client-ca-file': clientCa } = flags;
  if (flags['advertise-address'] !== undefined && !clusterCa && !clientCa)
    return '--advertise-address needs --client-ca-file, whose authority API servers are to know this one by';
  if (!clusterCa && !clientCa && !flags['kubelet-certificate-authority'] && !flags['kubelet-insecure-tls'])
    return '--kubelet-certificate-authority: say who vouches for kubelets, or give --kubelet-insecure-tls';
  const resolution = parseDuration(flags['metric-resolution']);
  if (resolution === undefined || resolution < 1_000)
    return `--metric-resolution: "${flags['metric-resolution']}" is no time from 1s such as 15s`;
  const timeout = parseDuration(flags['kubelet-request-timeout']);
  if (timeout === undefined || timeout <= 0)
    return `--kubelet-request-timeout: "${flags['kubelet-request-timeout']}" is no time such as 10s`;
  const whole = (flag: 'kubelet-concurrency' | 'kubelet-port' | 'secure-port', min: number, max: number) => {
    const value = flags[flag];
    const isGood = value === undefined || (Number.isInteger(value) && value >= min && value <= max);
    return isGood ? undefined : `--${flag}: ${value} is no whole number from ${min} to ${max}`;
  };
  if (list(flags['kubelet-preferred-address-types']).length === 0)
    return '--kubelet-preferred-address-types: give at least one type, as InternalIP';
  return whole('kubelet-concurrency', 1, 1_000) ?? whole('kubelet-port', 1, 65_535) ?? whole('secure-port', 0, 65_535);
}

const flags = parseFlags('keelson-metrics-server', table, check);
const clock = systemClock();
const random = systemRandom();
const logger = createLogger('metrics-server', { level: flags['log-level'] });
const lifecycle = new Lifecycle({}, { clock, logger });

await lifecycle.run(async () => {
  const onWarning = (text: string) => logger.debug({ warning: text }, 'the API server warns');
  const access = openApi(
    { args: flags, program: 'metrics-server', rate: { qps: 20, burst: 30 } },
    { clock, environment: process.env, onWarning },
  );
  const tls = access.serving!;
  const authority = flags['kubelet-certificate-authority'];
  const client = access.client('main');
  const host = flags['advertise-address'];
  const server = new MetricsServer(
    {
      host: flags['bind-address'],
      port: flags['secure-port'],
      tls,
      advertise: host === undefined ? undefined : { host, port: flags['secure-port'] },
      resolutionMs: parseDuration(flags['metric-resolution'])!,
      atOnce: flags['kubelet-concurrency'],
      kubelets: {
        ca: authority === undefined ? tls.ca : loadAuthorities(authority, clock.now()),
        insecure: flags['kubelet-insecure-tls'],
        addressTypes: list(flags['kubelet-preferred-address-types']),
        port: flags['kubelet-port'],
        timeoutMs: parseDuration(flags['kubelet-request-timeout'])!,
      },
    },
    { client, clock, random, logger, registry: createMetrics() },
  );
  lifecycle.onStop('client', () => access.close());
  lifecycle.onStop('server', () => server.stop());
  const port = await server.start();
  logger.info({ port }, 'serving metrics.k8s.io');
});
