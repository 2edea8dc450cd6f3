import { readFileSync } from 'node:fs';
import { type Clock, connect, loadAuthorities, loadIdentity, type TlsIdentity } from '@keelson/service';
import { ApiClient } from '../api-client.js';
import { type Credentials, tokenCredentials } from '../credentials/credentials.js';
import { ServiceAccountToken } from '../credentials/service-account-token.js';
import { HttpClient } from '../http/http-client.js';
import { inClusterConfig } from '../rest-config/in-cluster.js';
import { type RestConfig, restConfigOf, restConfigOfMaster } from '../rest-config/rest-config.js';
import { GrpcTransport } from '../transport/grpc.js';
import { limited, type RequestRate } from '../transport/limited.js';
import { renewing } from '../transport/renewing.js';
import { RestTransport } from '../transport/rest.js';
import type { Transport } from '../transport/transport.js';
import type { ApiArguments } from './api-flags.js';
import { userAgent } from './user-agent.js';

/** A process' ways to its API server. */
export interface ApiAccess {
  /** A client for one part of the process, which has its own share of requests and tells its name. */
  client(part: string): ApiClient;
  /** The same with the credentials of a service account in kube-system, which is made if it is not there. */
  clientAs(serviceAccount: string): ApiClient;
  /** With what the process serves what it shows of itself: absent if it has no certificate. */
  readonly serving: TlsIdentity | undefined;
  /** Nobody shows who they are, nor has to: our gRPC without certificates. */
  readonly isOpen: boolean;
  close(): void;
}

export interface ApiAccessOptions {
  readonly args: ApiArguments;
  /** As upstream's program is called: fields that it sets are recorded under that name. */
  readonly program: string;
  /** Over REST, unless flags say otherwise. */
  readonly rate: RequestRate;
  /** Where an API server is over gRPC if nothing says where one is; absent: that is an error. */
  readonly addressDefault?: string | undefined;
}

interface ApiAccessDependencies {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Is told what the API server warns of. */
  readonly onWarning: (text: string) => void;
}

const NAMESPACE = 'kube-system';

/** Opens what the flags say. Fails if they say nothing and the process is in no pod, or if files are missing. */
export function openApi(options: ApiAccessOptions, dependencies: ApiAccessDependencies): ApiAccess {
  const { args } = options;
  const rest = { clock: dependencies.clock, environment: dependencies.environment };
  if (args.kubeconfig) return overRest(restConfigOf(args.kubeconfig, args.master, rest), options, dependencies);
  if (args.master) return overRest(restConfigOfMaster(args.master, rest), options, dependencies);
  if (args.apiserver) return overGrpc(args.apiserver, options, dependencies);
  const inCluster = inClusterConfig(rest);
  if (inCluster !== undefined) return overRest(inCluster, options, dependencies);
  if (options.addressDefault !== undefined) return overGrpc(options.addressDefault, options, dependencies);
  throw new Error(
    'give --kubeconfig (REST, any Kubernetes) or --apiserver (gRPC): this process is in no pod that knows its API server',
  );
}

function overRest(config: RestConfig, options: ApiAccessOptions, dependencies: ApiAccessDependencies): ApiAccess {
  const { destination, credentials, compression } = config;
  const { clock } = dependencies;
  const rate = rateOf(options.args, options.rate);
  // Service accounts show a token, on connections that show no certificate: that would go before it.
  const [own, others] = [() => credentials.certificate(), undefined].map(
    (certificate) => new HttpClient(destination, { clock, certificate }),
  ) as [HttpClient, HttpClient];
  const transport = (part: string, http: HttpClient, shown: Credentials) =>
    new RestTransport(
      { server: destination.server.href.replace(/\/$/, ''), userAgent: userAgent(options.program, part), compression },
      { clock, http, credentials: shown },
    );
  return {
    ...clientsOf(rate, dependencies, {
      own: (part) => transport(part, own, credentials),
      as: (account, token) => transport(account, others, tokenCredentials(token)),
    }),
    serving: servingOf(options.args, clock.now()),
    isOpen: false,
    close() {
      own.close();
      others.close();
    },
  };
}

function overGrpc(addresses: string, options: ApiAccessOptions, dependencies: ApiAccessDependencies): ApiAccess {
  const { clock } = dependencies;
  const { 'tls-ca-file': ca, 'tls-cert-file': cert, 'tls-private-key-file': key } = options.args;
  const tls = ca && cert && key ? loadIdentity({ ca, cert, key }, clock.now()) : undefined;
  const agent = { 'grpc.primary_user_agent': userAgent(options.program) };
  const target = targetOf(addresses);
  const connection = connect(target, { clock, tls }, agent);
  const opened = [connection];
  return {
    ...clientsOf(rateOf(options.args, undefined), dependencies, {
      own: () => new GrpcTransport(connection),
      as(_account, token) {
        const its = connect(target, { clock, tls: tls && { ca: tls.ca }, token: () => token.token() }, agent);
        opened.push(its);
        return renewing(new GrpcTransport(its), token);
      },
    }),
    serving: tls,
    isOpen: tls === undefined,
    close() {
      for (const it of opened) it.close();
    },
  };
}

function clientsOf(
  rate: RequestRate | undefined,
  { clock, onWarning }: ApiAccessDependencies,
  transports: {
    own(part: string): Transport;
    as(account: string, token: ServiceAccountToken): Transport;
  },
): Pick<ApiAccess, 'client' | 'clientAs'> {
  const clientOf = (transport: Transport) => new ApiClient(limited(transport, rate, clock), { onWarning });
  const client = (part: string) => clientOf(transports.own(part));
  return {
    client,
    clientAs(account) {
      const key = { namespace: NAMESPACE, name: account };
      const token = new ServiceAccountToken(key, { client: client('token-requests'), clock });
      return clientOf(transports.as(account, token));
    },
  };
}

function rateOf(args: ApiArguments, usual: RequestRate | undefined): RequestRate | undefined {
  const { 'kube-api-qps': qps = usual?.qps, 'kube-api-burst': burst = usual?.burst } = args;
  if (qps === undefined || qps < 0) return undefined;
  // As client-go takes what says nothing.
  return { qps: qps || 5, burst: burst || 10 };
}

/** Without authorities nobody's certificate is known: who comes shows a token. */
function servingOf(args: ApiArguments, now: number): TlsIdentity | undefined {
  const { 'tls-cert-file': cert, 'tls-private-key-file': key, 'client-ca-file': ca } = args;
  if (!cert || !key) return undefined;
  if (ca) return loadIdentity({ ca, cert, key }, now);
  return { ca: Buffer.alloc(0), cert: loadAuthorities(cert, now), key: readFileSync(key) };
}

/** gRPC takes several addresses only as numbers, with a scheme that says so. */
function targetOf(addresses: string): string {
  if (!addresses.includes(',')) return addresses;
  return `ipv4:${addresses.replaceAll('localhost', '127.0.0.1')}`;
}
