import { BlockList, isIP, type Socket } from 'node:net';
import { connectTcp, connectTls } from '@keelson/service/sockets';

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:'];

/** The address of a proxy, as `proxy-url` gives it. Throws if it is none that we can use. */
export function parseProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !SCHEMES.includes(url.protocol))
    throw new Error(`"${text}" is no proxy of the form http://host:port, https://host:port or socks5://host:port`);
  return url;
}

/** The proxy that the environment names for a server, by the rules of curl and of Go's programs. */
export function proxyOfEnvironment(server: URL, environment: Environment): URL | undefined {
  const scheme = server.protocol === 'https:' ? 'https' : 'http';
  const given = environment[`${scheme.toUpperCase()}_PROXY`] || environment[`${scheme}_proxy`];
  if (!given || isExempt(server, environment['NO_PROXY'] || environment['no_proxy'] || '')) return undefined;
  return parseProxy(given.includes('://') ? given : `http://${given}`);
}

function isExempt(server: URL, list: string): boolean {
  const host = hostOf(server);
  if (host === 'localhost' || LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')) return true;
  return list
    .split(',')
    .map((it) => it.trim().toLowerCase())
    .some((it) => it === '*' || (it !== '' && matches(it, host, String(portOf(server)))));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function matches(entry: string, host: string, port: string): boolean {
  const range = /^([0-9a-f.:]+)\/(\d+)$/.exec(entry);
  if (range !== null) return isIP(host) !== 0 && isWithin(range[1]!, Number(range[2]), host);
  const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const plain = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  if (plain === host) return !/^\*?\./.test(name);
  return isIP(host) === 0 && host.endsWith(`.${plain}`);
}

function isWithin(network: string, bits: number, host: string): boolean {
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) !== isIP(host) || bits > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}

export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : url.protocol.startsWith('socks') ? 1080 : 80;
}

/**
 * A connection to the server's port by way of the proxy, which the same authorities vouch for. The caller ends it when
 * that takes too long.
 */
export async function connectThrough(
  proxy: URL,
  { server, authorities }: { readonly server: URL; readonly authorities?: (() => Buffer | undefined) | undefined },
  made: (socket: Socket) => void,
): Promise<Socket> {
  const to = { host: hostOf(proxy), port: portOf(proxy) };
  const secure = proxy.protocol === 'https:';
  const ca = authorities?.();
  const tls = { servername: isIP(to.host) ? '' : to.host, ...(ca === undefined ? {} : { ca }) };
  const socket = secure ? connectTls({ ...to, ...tls }) : connectTcp(to);
  made(socket);
  await happened(socket, secure ? 'secureConnect' : 'connect');
  if (proxy.protocol.startsWith('socks')) await greet(socket, proxy, server);
  else await tunnel(socket, proxy, server);
  return socket;
}

/** Resolves when it happens, rejects when the socket ends before. */
export function happened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

const HEAD_BYTES_MAX = 16 * 1024;

async function tunnel(socket: Socket, proxy: URL, server: URL): Promise<void> {
  const place = `${server.hostname}:${portOf(server)}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authorization = proxy.username === '' ? '' : `Proxy-Authorization: Basic ${base64(login)}\r\n`;
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${authorization}\r\n`);
  const head = await answered(socket, (bytes) => {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 && bytes.length > HEAD_BYTES_MAX) throw new Error(`the proxy ${proxy.host} answers without end`);
    return end < 0 ? undefined : end + 4;
  });
  const line = head.toString('latin1').split('\r\n')[0] ?? '';
  if (!/^HTTP\/1\.[01] 2\d\d/.test(line)) throw new Error(`the proxy ${proxy.host} refuses: ${line.slice(0, 200)}`);
}

const SOCKS = { version: 5, noLogin: 0, password: 2, connect: 1, name: 3, ipv4: 1, ipv6: 4 };

async function greet(socket: Socket, proxy: URL, server: URL): Promise<void> {
  const methods = proxy.username === '' ? [SOCKS.noLogin] : [SOCKS.noLogin, SOCKS.password];
  socket.write(Buffer.from([SOCKS.version, methods.length, ...methods]));
  const [, method] = await answered(socket, () => 2);
  if (method === SOCKS.password) {
    const [user, password] = [proxy.username, proxy.password].map((it) => Buffer.from(decodeURIComponent(it)));
    socket.write(Buffer.concat([Buffer.from([1, user!.length]), user!, Buffer.from([password!.length]), password!]));
    const [, accepted] = await answered(socket, () => 2);
    if (accepted !== 0) throw new Error(`the proxy ${proxy.host} does not take the user and password`);
  } else if (method !== SOCKS.noLogin) throw new Error(`the proxy ${proxy.host} wants another way of login`);
  const host = Buffer.from(hostOf(server));
  const port = portOf(server);
  const head = [SOCKS.version, SOCKS.connect, 0, SOCKS.name, host.length];
  socket.write(Buffer.concat([Buffer.from(head), host, Buffer.from([port >> 8, port & 255])]));
  const reply = await answered(socket, (bytes) => {
    const type = bytes[3];
    const length = type === SOCKS.ipv4 ? 4 : type === SOCKS.ipv6 ? 16 : 1 + (bytes[4] ?? 0);
    return 4 + length + 2;
  });
  if (reply[1] !== 0) throw new Error(`the proxy ${proxy.host} cannot reach ${server.host} (SOCKS reply ${reply[1]})`);
}

/**
 * The bytes of one answer; `lengthOf` says how long it is as soon as it can tell. Nothing follows by itself: neither a
 * proxy nor a server that waits for TLS speaks first.
 */
function answered(socket: Socket, lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const leave = () => {
      socket.off('data', more);
      socket.off('close', closed);
    };
    const closed = () => reject(new Error('the proxy closed the connection'));
    const more = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const length = lengthOf(bytes);
        if (length === undefined || bytes.length < length) return;
        leave();
        resolve(bytes.subarray(0, length));
      } catch (error) {
        leave();
        reject(error);
      }
    };
    socket.on('data', more);
    socket.once('close', closed);
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
