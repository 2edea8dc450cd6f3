import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '@keelson/service';
import type { ClientCertificate } from '../http/client-certificate.js';

const READ_EVERY_MS = 10_000;

/** A certificate and its key in files that others may replace. */
export class CertificateFiles {
  readonly #read: () => Promise<ClientCertificate>;
  readonly #clock: Clock;
  #known: { readonly certificate: ClientCertificate; readonly at: number } | undefined;
  #reading: Promise<ClientCertificate> | undefined;

  /** Each is a path, or what it would hold. */
  constructor(
    files: { readonly cert: string | Buffer; readonly key: string | Buffer },
    dependencies: { clock: Clock },
  ) {
    const contentOf = async (it: string | Buffer) => (typeof it === 'string' ? await readFile(it) : it);
    this.#read = async () => ({ cert: await contentOf(files.cert), key: await contentOf(files.key) });
    this.#clock = dependencies.clock;
  }

  async current(): Promise<ClientCertificate> {
    const { certificate, at } = this.#known ?? {};
    if (certificate !== undefined && this.#clock.monotonic() - at! < READ_EVERY_MS) return certificate;
    this.#reading ??= this.#again().finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  async #again(): Promise<ClientCertificate> {
    const at = this.#clock.monotonic();
    const known = this.#known?.certificate;
    try {
      const next = await this.#read();
      // The same objects as long as nothing changed: whoever compares is soon done.
      const certificate = known?.cert.equals(next.cert) && known.key.equals(next.key) ? known : next;
      // Between the two files being replaced they do not belong together.
      this.#known = { certificate: fits(certificate) || known === undefined ? certificate : known, at };
    } catch (error) {
      if (known === undefined) throw error;
      this.#known = { certificate: known, at };
    }
    return this.#known.certificate;
  }
}

function fits({ cert, key }: ClientCertificate): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
