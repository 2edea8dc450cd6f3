import { spawn } from 'node:child_process';
import type { Clock } from '@keelson/service';
import { type ClientCertificate, isSameCertificate } from '../http/client-certificate.js';
import type { Credentials } from './credentials.js';

export interface ExecPluginOptions {
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly apiVersion: string;
  readonly installHint?: string | undefined;
  /** What the plugin is told of the cluster, if it wants to know. */
  readonly cluster?: object | undefined;
}

interface Shown {
  readonly token?: string | undefined;
  readonly certificate?: ClientCertificate | undefined;
  /** Wall time; absent: good until it is refused. */
  readonly until?: number | undefined;
}

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const RUN_MAX_MS = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** Credentials that a program gives us, as kubeconfigs name one for clouds: asked again when they expire or are refused. */
export class ExecPlugin implements Credentials {
  readonly #options: ExecPluginOptions;
  readonly #clock: Clock;
  #shown: Shown | undefined;
  #asking: Promise<Shown> | undefined;

  /** Throws for a version that is not known. */
  constructor(options: ExecPluginOptions, dependencies: { clock: Clock }) {
    if (!VERSIONS.includes(options.apiVersion))
      throw new Error(`exec plugin: invalid apiVersion "${options.apiVersion}": one of ${VERSIONS.join(', ')}`);
    if (!options.command) throw new Error('exec plugin: command must be given');
    this.#options = options;
    this.#clock = dependencies.clock;
  }

  async certificate(): Promise<ClientCertificate | undefined> {
    return (await this.#current()).certificate;
  }

  async headers(): Promise<Record<string, string>> {
    const { token } = await this.#current();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async refused(): Promise<boolean> {
    const before = this.#shown;
    this.#shown = undefined;
    const { token, certificate } = await this.#current();
    return token !== before?.token || !isSameCertificate(certificate, before?.certificate);
  }

  async #current(): Promise<Shown> {
    const { until } = this.#shown ?? {};
    if (this.#shown !== undefined && (until === undefined || this.#clock.now() < until)) return this.#shown;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(): Promise<Shown> {
    this.#shown = credentialIn(await this.#output(), this.#options);
    return this.#shown;
  }

  #output(): Promise<string> {
    const { command, args = [], env = [], apiVersion, cluster, installHint } = this.#options;
    const spec = { ...(cluster === undefined ? {} : { cluster }), interactive: false };
    const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec });
    const given = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        env: { ...process.env, ...given, KUBERNETES_EXEC_INFO: info },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const fail = (why: string) => {
        timer.cancel();
        child.kill('SIGKILL');
        reject(new Error(`getting credentials: exec: ${command}: ${why}${installHint ? `\n${installHint}` : ''}`));
      };
      const timer = this.#clock.after(RUN_MAX_MS, () => fail(`no answer within ${RUN_MAX_MS / 1000} s`));
      const chunks: Buffer[] = [];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > OUTPUT_BYTES_MAX) fail(`more than ${OUTPUT_BYTES_MAX} bytes of output`);
        else chunks.push(chunk);
      });
      child.once('error', (error) => fail(error.message));
      child.once('close', (code, signal) => {
        if (code !== 0) return fail(`ended with ${signal ?? `exit code ${code}`}`);
        timer.cancel();
        resolve(Buffer.concat(chunks).toString());
      });
    });
  }
}

function credentialIn(text: string, { command, apiVersion }: ExecPluginOptions): Shown {
  const wrong = (what: string) => new Error(`getting credentials: exec: ${command}: ${what}`);
  let answer: { apiVersion?: string; kind?: string; status?: Record<string, string | undefined> };
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw wrong(`its output is not JSON: ${(error as Error).message}`);
  }
  if (answer?.kind !== 'ExecCredential') throw wrong('its output is no ExecCredential');
  if (answer.apiVersion !== apiVersion)
    throw wrong(`plugin returned version ${answer.apiVersion}, the configuration says ${apiVersion}`);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status ?? {};
  if (!token && !cert && !key) throw wrong('its output has neither a token nor a certificate and key');
  if (!cert !== !key) throw wrong('its output has half a pair of clientCertificateData and clientKeyData');
  const until = expirationTimestamp === undefined ? undefined : Date.parse(expirationTimestamp);
  if (Number.isNaN(until)) throw wrong(`expirationTimestamp "${expirationTimestamp}" is no time`);
  const certificate = cert && key ? { cert: Buffer.from(cert), key: Buffer.from(key) } : undefined;
  return { token: token || undefined, certificate, until };
}
