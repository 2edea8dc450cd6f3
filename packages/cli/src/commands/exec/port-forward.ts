import type { Server, Socket } from 'node:net';
import type { Pod, Service } from '@keelson/api';
import { tcpServer } from '@keelson/service/sockets';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import { CliError, errorText, UsageError } from '../../errors.js';
import { resourceArguments } from '../../resources/arguments.js';
import { podOf } from '../../resources/pods.js';

interface PortPair {
  /** 0: the machine chooses. */
  readonly local: number;
  readonly remote: string;
}

export const portForward = defineCommand({
  name: 'port-forward',
  group: 'Troubleshooting',
  summary: "Bring a pod's ports to this machine",
  usage: '(POD | TYPE/NAME) [LOCAL:]REMOTE …',
  complete: 'pods',
  examples: ['port-forward web-1 8080', 'port-forward svc/web 8080:80', 'port-forward deploy/web :8080'],
  flags: { address: { type: 'list', description: 'Addresses to listen on (default localhost)' } },
  async run(context, { flags, positionals }) {
    const [word, ...ports] = positionals;
    if (word === undefined || ports.length === 0)
      throw new UsageError('TYPE/NAME and list of ports are required for port-forward');
    const pairs = ports.map(parsePorts);
    const cluster = await context.cluster();
    const pod = await podOf(context, cluster, word);
    if (pod.status?.phase !== 'Running')
      throw new CliError(`unable to forward port because pod is not running. Current status=${pod.status?.phase}`);
    const service = await serviceOf(context, cluster, word);
    const addresses = (flags.address.length === 0 ? ['localhost'] : flags.address).map((it) =>
      it === 'localhost' ? '127.0.0.1' : it,
    );
    const servers: Server[] = [];
    try {
      for (const { local, remote } of pairs) {
        const port = targetPort(pod, service, remote);
        for (const address of addresses) servers.push(await listen(context, cluster, pod, { address, local, port }));
      }
      await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
    } finally {
      for (const server of servers) server.close();
    }
    return 0;
  },
});

export function parsePorts(text: string): PortPair {
  const [local = '', remote = local, ...more] = text.split(':');
  const fits = (port: string) => /^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65_536;
  const isName = /^[a-z][a-z0-9-]*$/.test(remote);
  if (more.length > 0 || (!fits(remote) && !isName) || (local !== '' && !fits(local) && text.includes(':'))) {
    throw new UsageError(`error parsing "${text}": ports are [LOCAL:]REMOTE, numbers from 1 to 65535`);
  }
  return { local: fits(local) ? Number(local) : 0, remote };
}

async function serviceOf(context: Context, cluster: Cluster, word: string): Promise<Service | undefined> {
  const [argument] = word.includes('/') ? resourceArguments([word], cluster.mapper) : [];
  if (argument?.resource.plural !== 'services') return undefined;
  return (await cluster.client.get(argument.resource, {
    namespace: context.namespace(),
    name: argument.name ?? '',
  })) as Service;
}

/** The pod's port for a number or name, which may be a Service's. */
function targetPort(pod: Pod, service: Service | undefined, remote: string): number {
  const ports = pod.spec?.containers?.flatMap((it) => it.ports ?? []) ?? [];
  const byName = (name: string) => {
    const found = ports.find((it) => it.name === name);
    if (found === undefined) throw new CliError(`pod ${pod.metadata.name} has no port named ${name}`);
    return found.containerPort ?? 0;
  };
  if (service === undefined) return /^\d+$/.test(remote) ? Number(remote) : byName(remote);
  const port = service.spec?.ports?.find((it) => String(it.port) === remote || it.name === remote);
  if (port === undefined) throw new CliError(`Service ${service.metadata.name} does not have a service port ${remote}`);
  const target = port.targetPort ?? port.port ?? 0;
  return typeof target === 'number' ? target : byName(target);
}

async function listen(
  context: Context,
  cluster: Cluster,
  pod: Pod,
  { address, local, port }: { readonly address: string; readonly local: number; readonly port: number },
): Promise<Server> {
  const server = tcpServer({ allowHalfOpen: true }, (socket) => {
    context.print(`Handling connection for ${boundPort(server)}`);
    void carry(context, cluster, pod, port, socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CliError(
          `unable to listen on port ${local}: ${error.code === 'EADDRINUSE' ? 'address already in use' : error.message}`,
        ),
      ),
    );
    server.listen(local, address, () => resolve());
  });
  context.print(`Forwarding from ${address.includes(':') ? `[${address}]` : address}:${boundPort(server)} -> ${port}`);
  return server;
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function carry(context: Context, cluster: Cluster, pod: Pod, port: number, socket: Socket): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata;
  socket.on('error', () => socket.destroy());
  const write = (data: Buffer) =>
    new Promise<void>((resolve, reject) => socket.write(data, (error) => (error ? reject(error) : resolve())));
  try {
    await cluster.pods.portForward({ namespace, pod: name, port }, socket as AsyncIterable<Buffer>, write, {
      signal: context.signal,
    });
  } catch (error) {
    context.warn(`error forwarding port ${port} to pod ${name}: ${errorText(error)}`);
  } finally {
    socket.end();
    socket.destroySoon();
  }
}
