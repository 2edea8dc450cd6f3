import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { type Clock, loadIdentity } from '@keelson/service';
import { requestHttp } from '@keelson/service/sockets';

const TIMEOUT_MS = 3_000;
const SERVING = 1;

export interface HealthOptions {
  readonly cacert: string;
  /** A certificate to show, with its key; neither: none is shown. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** The name that the server's certificate must carry, if it is not that of the address. */
  readonly serverName: string | undefined;
}

/** What is shown and what is expected of the other side. */
interface Trust {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

/** `keelson health <url>`: exit code 0 if the part of a cluster at that address says it is well. */
export async function health(url: string, options: HealthOptions, clock: Clock): Promise<void> {
  const { cacert, cert, key, serverName } = options;
  if ((cert === undefined) !== (key === undefined)) throw new Error('--cert and --key go together: give both');
  const shown = cert && key ? loadIdentity({ ca: cacert, cert, key }, clock.now()) : { ca: readFileSync(cacert) };
  const trust = { ...shown, ...(serverName === undefined ? {} : { servername: serverName }) };
  const { protocol, host } = new URL(url);
  if (protocol === 'grpc:') await checkGrpc(host, trust, clock);
  else if (protocol === 'https:') await checkHttps(url, trust);
  else throw new Error(`"${url}" is neither grpc://host:port nor https://host:port/path`);
  process.stdout.write('ok\n');
}

/** grpc.health.v1.Health/Check of the whole server: an empty message each way but for the status, field 1. */
function checkGrpc(address: string, { ca, cert, key, servername }: Trust, clock: Clock): Promise<void> {
  const named = servername === undefined ? {} : { 'grpc.ssl_target_name_override': servername };
  const client = new Client(address, credentials.createSsl(ca, key ?? null, cert ?? null), named);
  return new Promise<void>((resolve, reject) => {
    const decode = (bytes: Buffer) => bytes[1] ?? 0;
    const options = { deadline: clock.now() + TIMEOUT_MS };
    const path = '/grpc.health.v1.Health/Check';
    client.makeUnaryRequest(
      path,
      () => Buffer.alloc(0),
      decode,
      {},
      options,
      (error, status) => {
        client.close();
        if (error) reject(new Error(`${address} does not answer: ${error.details}`));
        else if (status === SERVING) resolve();
        else reject(new Error(`${address} does not serve yet`));
      },
    );
  });
}

function checkHttps(url: string, trust: Trust): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const sent = requestHttp(url, { ...trust, timeout: TIMEOUT_MS }, (response) => {
      const text: Buffer[] = [];
      response.on('data', (chunk: Buffer) => text.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answers ${response.statusCode}: ${Buffer.concat(text).toString().trim()}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => reject(new Error(`${url} does not answer: ${error.message}`)));
    sent.end();
  });
}
