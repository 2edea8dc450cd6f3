import { ApiError } from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import { parseAccept } from '../../encoding/negotiate.js';
import type { Response } from './exchange.js';
import { sendJson, write } from './reply.js';

const GROUP = 'config.k8s.io';
const VERSIONS = ['v1alpha1', 'v1beta1'];
const COMPONENT = 'kube-apiserver';
const NO_PROMISE =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';

export interface DebugPageDependencies {
  readonly version: Readonly<Record<string, string>>;
  /** Command-line flags with their values. */
  readonly flags: Readonly<Record<string, string>>;
  /** What is served, of which the first parts are named. */
  readonly paths: () => readonly string[];
  readonly clock: Clock;
}

const NOT_FOR_DEBUGGING = new Set(['apis', 'api', 'openid', 'openapi', '.well-known']);

/** `/statusz` and `/flagz`: how the process runs, for people, and as objects for those who ask for them by name. */
export class DebugPages {
  readonly #deps: DebugPageDependencies;
  readonly #startedMs: number;
  readonly #startedAt: number;

  constructor(dependencies: DebugPageDependencies) {
    this.#deps = dependencies;
    this.#startedMs = dependencies.clock.now();
    this.#startedAt = dependencies.clock.monotonic();
  }

  /** Throws 406. */
  statusz(accept: string, response: Response): void {
    const { version } = this.#deps;
    const { gitVersion: binaryVersion = '', goVersion = '', emulationMajor, emulationMinor } = version;
    const emulationVersion = `${emulationMajor}.${emulationMinor}`;
    const uptimeSeconds = Math.floor((this.#deps.clock.monotonic() - this.#startedAt) / 1000);
    const paths = this.#roots();
    const startTime = rfc3339(this.#startedMs);
    const object = { startTime, uptimeSeconds, goVersion, binaryVersion, emulationVersion, paths };
    const lines = {
      Started: startTime,
      Up: `${Math.floor(uptimeSeconds / 3600)} hr ${two(uptimeSeconds / 60)} min ${two(uptimeSeconds)} sec`,
      'Go version': goVersion,
      'Binary version': binaryVersion,
      'Emulation version': emulationVersion,
      Paths: paths.join(' '),
    };
    send(response, accept, 'Statusz', object, lines);
  }

  /** Throws 406. */
  flagz(accept: string, response: Response): void {
    const flags = Object.fromEntries(Object.entries(this.#deps.flags).sort(([a], [b]) => (a < b ? -1 : 1)));
    send(response, accept, 'Flagz', { flags }, flags);
  }

  #roots(): string[] {
    const roots = new Set(this.#deps.paths().map((path) => path.split('/')[1] ?? ''));
    return [...roots]
      .filter((root) => root !== '' && !NOT_FOR_DEBUGGING.has(root))
      .map((root) => `/${root}`)
      .sort();
  }
}

function two(seconds: number): string {
  return String(Math.floor(seconds) % 60).padStart(2, '0');
}

function send(
  response: Response,
  accept: string,
  kind: string,
  object: object,
  lines: Readonly<Record<string, string>>,
): void {
  const version = wanted(accept, kind);
  if (version === undefined) throw notAcceptable();
  if (version !== 'text') {
    const metadata = { name: COMPONENT };
    sendJson(response, 200, { kind, apiVersion: `${GROUP}/${version}`, metadata, ...object });
    return;
  }
  const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\n`);
  const body = `\n${COMPONENT} ${kind.toLowerCase()}\n${NO_PROMISE}\n\n${text.join('')}`;
  write(response, 200, Buffer.from(body), { 'content-type': 'text/plain; charset=utf-8' });
}

/** A version of the object, or text; undefined: neither will do. */
function wanted(accept: string, kind: string): string | undefined {
  if (accept.trim() === '') return 'text';
  for (const { type, parameters } of parseAccept(accept)) {
    const { as, g, v = '' } = parameters;
    if (as === undefined && ['text/plain', 'text/*', '*/*'].includes(type)) return 'text';
    const isJson = type === 'application/json' || type === 'application/*' || type === '*/*';
    if (isJson && as === kind && g === GROUP && VERSIONS.includes(v)) return v;
  }
  return undefined;
}

function notAcceptable(): ApiError {
  const message = 'only the following media types are accepted: text/plain, application/json with as, g and v';
  return new ApiError({ code: 406, reason: 'NotAcceptable', message });
}
