import { ApiError, apiErrors, fieldErrors, type Service, type ServicePort, services } from '@keelson/api';
import type { Random } from '@keelson/service';
import { type Change, refuse } from './families.js';

const { needsHealthCheck, needsNodePorts } = services;

type Spec = NonNullable<Service['spec']>;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Where a dry run begins to make up ports: above those of the usual range, so that they are seen to be none. */
const MADE_UP_FROM = 32_769;

/** Hands out node ports to one write of a Service. */
export class PortPool {
  readonly #taken: (port: number) => boolean;
  readonly #own = new Set<number>();
  readonly #options: { range: PortRange; dryRun: boolean; random: Random };

  constructor(taken: (port: number) => boolean, options: { range: PortRange; dryRun: boolean; random: Random }) {
    this.#taken = taken;
    this.#options = options;
  }

  /** Takes a port. What is wrong with that, if anything is; a dry run asks only whether it is taken. */
  take(port: number): string | undefined {
    const { range, dryRun } = this.#options;
    if (!dryRun && (port < range.first || port > range.last))
      return `provided port is not in the valid range. The range of valid ports is ${range.first}-${range.last}`;
    if (this.#own.has(port) || this.#taken(port)) return 'provided port is already allocated';
    this.#own.add(port);
    return undefined;
  }

  /** Undefined where all are taken. */
  takeAny(): number | undefined {
    const { range, dryRun, random } = this.#options;
    if (dryRun) return this.#makeUp();
    const size = range.last - range.first + 1;
    const start = random.integer(size);
    for (let step = 0; step < size; step++) {
      const port = range.first + ((start + step) % size);
      if (this.take(port) === undefined) return port;
    }
    return undefined;
  }

  #makeUp(): number {
    let port = this.#own.size === 0 ? MADE_UP_FROM : Math.max(0, ...this.#own) + 1;
    while (this.#taken(port)) port++;
    this.#own.add(port);
    return port;
  }
}

export function giveNodePorts(change: Change, pool: PortPool): void {
  const { next, old, name } = change;
  if (needsNodePorts(next)) {
    if (old === undefined) giveFirst(name, next, pool);
    else giveMore(name, next, old, pool);
  }
  if (needsHealthCheck(next) && !(old !== undefined && needsHealthCheck(old))) giveHealthCheckPort(next, pool);
}

function givesPorts({ type, allocateLoadBalancerNodePorts: allocates }: Spec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocates !== false);
}

function takeAt(name: string, index: number, port: number, pool: PortPool): void {
  const why = pool.take(port);
  if (why !== undefined) refuse(name, [fieldErrors.invalid(`spec.ports[${index}].nodePort`, port, why)]);
}

function anyPort(pool: PortPool): number {
  const port = pool.takeAny();
  if (port === undefined) throw apiErrors.internalError(new Error('failed to allocate a nodePort: range is full'));
  return port;
}

/** The same port for several protocols has one node port, unless each is told its own. */
function giveFirst(name: string, spec: Spec, pool: PortPool): void {
  const given = new Map<number, number>();
  const ports = spec.ports ?? [];
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort && !givesPorts(spec)) continue;
    const number = port.port ?? 0;
    const known = given.get(number);
    if (known === undefined) {
      const asked = askedFor(number, ports);
      if (asked !== undefined) takeAt(name, index, asked, pool);
      port.nodePort = asked ?? anyPort(pool);
      given.set(number, port.nodePort);
    } else if (!port.nodePort) port.nodePort = known;
    else if (port.nodePort !== known) takeAt(name, index, port.nodePort, pool);
  }
}

function askedFor(number: number, ports: readonly ServicePort[]): number | undefined {
  return ports.find(({ port = 0, nodePort = 0 }) => port === number && nodePort !== 0)?.nodePort;
}

function giveMore(name: string, spec: Spec, old: Spec, pool: PortPool): void {
  const had = new Set(old.ports?.map((port) => port.nodePort ?? 0));
  const taken = new Set<number>();
  const pairs = new Set<string>();
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort) {
      if (!givesPorts(spec)) continue;
      port.nodePort = anyPort(pool);
    } else if (!had.has(port.nodePort) && !taken.has(port.nodePort)) {
      takeAt(name, index, port.nodePort, pool);
      taken.add(port.nodePort);
    }
    const pair = `{${port.protocol ?? ''} ${port.nodePort}}`;
    if (pairs.has(pair)) throw new ApiError({ code: 500, reason: '', message: `duplicate nodePort: ${pair}` });
    pairs.add(pair);
  }
}

function giveHealthCheckPort(spec: Spec, pool: PortPool): void {
  const asked = spec.healthCheckNodePort ?? 0;
  if (asked === 0) {
    const port = pool.takeAny();
    if (port === undefined)
      throw apiErrors.internalError(new Error('failed to allocate a HealthCheck NodePort 0: range is full'));
    spec.healthCheckNodePort = port;
    return;
  }
  const why = pool.take(asked);
  if (why !== undefined)
    throw apiErrors.internalError(new Error(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`));
}
