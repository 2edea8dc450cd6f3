// keelson's shim: one for each container. It starts the program, keeps its pipes, writes its log and its exit code,
// and needs nobody: the runtime may die and come back. `node main.js <container directory>`.
import { closeSync, existsSync, writeFileSync, writeSync } from 'node:fs';
import { claimJson, readJson, writeJsonAtomic } from '../files.js';
import { ContainerProcesses } from '../process/container-processes.js';
import { ControlGroup } from '../process/control-group.js';
import { DescendantWatch } from '../process/descendants.js';
import { START_FAILED } from '../process/launch.js';
import { bootId, identify, type ProcessIdentity } from '../process/proc.js';
import { type Child, startChild } from './child.js';
import { loadClock } from './clock.js';
import { LogWriter } from './log-writer.js';
import { type ClaimRecord, type ExitRecord, ShimFile, type ShimSpec, type StartedRecord } from './records.js';
import { ShimServer } from './server.js';

/** A program's descendants may hold its pipes open after it and they were killed; the exit code waits no longer. */
const DRAIN_MS = 2_000;
const DIRECTORY_CHECK_MS = 5_000;
/** The runtime waits for a byte on this descriptor: the start has been tried. */
const SETTLED_FD = 3;

const clock = await loadClock();
process.chdir(process.argv[2] ?? '.');
process.on('SIGHUP', () => {});
process.on('uncaughtException', (error) => console.error(error));

const spec = readJson<ShimSpec>(ShimFile.spec);
const self = identify(process.pid);
if (spec === undefined || self === undefined) throw new Error('this is no container directory');
if (!claimJson(ShimFile.claim, { shim: self } satisfies ClaimRecord)) {
  console.error('another shim has this container');
  process.exit(3);
}

const log = new LogWriter(spec.logPath, () => clock.now());
const server = new ShimServer(spec, log);
let settled = false;
let finished = false;
let child: Child;
const group = spec.controlGroup === undefined ? undefined : new ControlGroup(spec.controlGroup);
try {
  await server.listen();
  child = await startChild(spec);
  group?.add(child.pid);
  const problem = await child.ready;
  if (problem !== undefined) throw new Error(`its view of the file system cannot be prepared: ${problem.trim()}`);
} catch (error) {
  const message = `failed to start: ${(error as Error).message}`;
  finish({ exitCode: START_FAILED, finishedAt: clock.now(), reason: 'StartError', message });
  process.exit(0);
}
const leader = identify(child.pid) ?? { pid: child.pid, startTicks: 0, bootId: bootId() };
let descendants: ProcessIdentity[] = [];
const processes = new ContainerProcesses(group, () => ({ id: spec.id, leader, descendants }));
run(child, leader);

function run(program: Child, identity: ProcessIdentity): void {
  if (spec?.oomScoreAdj !== undefined) setOomScore(identity.pid, spec.oomScoreAdj);
  program.onOutput((stream, chunk) => {
    log.write(stream, chunk);
    server.output(stream, chunk);
  });
  let drained = false;
  program.onDrained(() => {
    drained = true;
  });
  const watch = group === undefined ? watchDescendants(identity) : undefined;
  program.onExit((exitCode) => {
    const record = { exitCode, finishedAt: clock.now() };
    // Whoever reads of the end may start the container's successor: nothing of this one may live on by then.
    void processes.end(clock).then(() => {
      watch?.stop();
      const end = () => {
        late.cancel();
        log.flush();
        finish(record);
      };
      const late = clock.after(DRAIN_MS, end);
      if (drained) end();
      else program.onDrained(end);
    });
  });
  writeJsonAtomic(ShimFile.started, { process: identity, startedAt: clock.now() } satisfies StartedRecord);
  server.attachChild(program);
  endWithDirectory();
  program.open();
  settle();
}

/** Somebody removed the data of a runtime that was stopped: nobody will ever end this container if not its shim. */
function endWithDirectory(): void {
  // Asked now and then: a system has few file watches to give, and other programs need them.
  clock.every(DIRECTORY_CHECK_MS, () => {
    if (existsSync(ShimFile.claim)) return;
    // Its end is nobody's business any more; without the directory nothing that goes wrong may keep the shim.
    void processes.end(clock).then(() => clock.after(DRAIN_MS, () => process.exit(0)));
  });
}

function watchDescendants(identity: ProcessIdentity): DescendantWatch {
  const watch = new DescendantWatch(identity, (seen) => {
    descendants = seen;
    if (existsSync(ShimFile.claim)) writeJsonAtomic(ShimFile.descendants, seen);
  });
  watch.start(clock);
  return watch;
}

function finish(record: ExitRecord): void {
  if (finished) return;
  finished = true;
  try {
    if (existsSync(ShimFile.claim)) writeJsonAtomic(ShimFile.exit, record);
  } catch (error) {
    // The directory was removed meanwhile, or the disk takes nothing: the runtime hears of the end all the same.
    console.error(error);
  }
  settle();
  server.close(record, () => process.exit(0));
}

function setOomScore(pid: number, score: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  } catch {
    // Lowering it needs rights that the runtime may not have; the program runs all the same.
  }
}

function settle(): void {
  if (settled) return;
  settled = true;
  try {
    writeSync(SETTLED_FD, '.');
    closeSync(SETTLED_FD);
  } catch {
    // The runtime died while it waited; it will find this shim on its return.
  }
}
