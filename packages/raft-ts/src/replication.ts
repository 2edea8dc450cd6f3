import type { Core } from './core.js';
import { entrySize, type NodeId } from './messages.js';
import type { Progress } from './progress.js';

/** Sends a follower what it lacks, as far as its limits allow. */
export function replicate(core: Core, to: NodeId, peer: Progress): void {
  while (!peer.paused || peer.asking) {
    const prevTerm = core.log.term(peer.next - 1);
    if (prevTerm === undefined) {
      sendSnapshot(core, to, peer);
      return;
    }
    if (!sendAppend(core, to, peer, prevTerm)) return;
  }
}

/** Sends one append; false once there is nothing more to say. */
function sendAppend(core: Core, to: NodeId, peer: Progress, prevTerm: number): boolean {
  const { log } = core;
  const entries = peer.paused ? [] : log.slice(peer.next, log.lastIndex, core.options.appendBytesMax);
  const probing = peer.state === 'probe' || peer.nudge;
  if (entries.length === 0 && !probing && peer.sentCommit >= log.committed) return false;
  core.send({
    type: 'append',
    from: core.id,
    to,
    term: core.term,
    prevIndex: peer.next - 1,
    prevTerm,
    entries,
    ...log.knowledge(),
  });
  let bytes = 0;
  for (const entry of entries) bytes += entrySize(entry);
  peer.sent(entries.at(-1)?.index ?? 0, bytes, log.committed);
  return entries.length > 0;
}

/** Only to those that answer: a snapshot is dear, and a dead node would pin one. */
function sendSnapshot(core: Core, to: NodeId, peer: Progress): void {
  if (!peer.recentActive) return;
  const snapshot = core.log.availableSnapshot;
  core.send({ type: 'snapshot', from: core.id, to, term: core.term, snapshot });
  peer.becomeSnapshot(snapshot.index);
}
