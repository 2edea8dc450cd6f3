import { request } from 'node:https';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { type Clock, loadIdentity, type TlsIdentity } from '@keelson/service';

const TIMEOUT_MS = 3_000;
const SERVING = 1;

/** `keelson health <url>`: exit code 0 if the part of a cluster at that address says it is well. */
export async function health(url: string, pki: string, clock: Clock): Promise<void> {
  const file = (name: string) => join(pki, name);
  const tls = loadIdentity({ ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }, clock.now());
  const { protocol, host } = new URL(url);
  if (protocol === 'grpc:') await checkGrpc(host, tls, clock);
  else if (protocol === 'https:') await checkHttps(url, tls);
  else throw new Error(`"${url}" is neither grpc://host:port nor https://host:port/path`);
  process.stdout.write('ok\n');
}

/** grpc.health.v1.Health/Check of the whole server: an empty message each way but for the status, field 1. */
function checkGrpc(address: string, tls: TlsIdentity, clock: Clock): Promise<void> {
  const client = new Client(address, credentials.createSsl(tls.ca, tls.key, tls.cert));
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

function checkHttps(url: string, tls: TlsIdentity): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const sent = request(url, { ...tls, timeout: TIMEOUT_MS }, (response) => {
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
