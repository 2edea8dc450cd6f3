import { errors } from '../errors.js';

/** Addresses as etcd takes them: http or https, a host and a port, nothing after; sorted. @throws EtcdError badMemberUrls */
export function checkPeerUrls(urls: readonly string[]): string[] {
  const trimmed = urls.map((url) => url.trim());
  if (trimmed.length === 0 || !trimmed.every((url) => PEER_URL.test(url))) throw errors.badMemberUrls();
  return trimmed.sort();
}

const PEER_URL = /^https?:\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s]+):\d{1,5}$/;
