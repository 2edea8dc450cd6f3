import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { auditedIn } from './doors/audited.js';
import { access } from './doors/behaviours/access.js';
import { admission } from './doors/behaviours/admission.js';
import { deletions } from './doors/behaviours/deletions.js';
import { reads } from './doors/behaviours/reads.js';
import { refusals } from './doors/behaviours/refusals.js';
import { subresources } from './doors/behaviours/subresources.js';
import { watches } from './doors/behaviours/watches.js';
import { writes } from './doors/behaviours/writes.js';
import type { Door } from './doors/door.js';
import { GrpcClient } from './doors/grpc-client.js';
import { RestClient } from './doors/rest-client.js';
import { Visit } from './doors/visit.js';
import { options, ServerUnderTest } from './server-under-test.js';

/** Every behaviour is shown at both doors, and what they answer and record is the same. */
const BEHAVIOURS = [
  ...reads,
  ...watches,
  ...writes,
  ...deletions,
  ...subresources,
  ...access,
  ...refusals,
  ...admission,
];

const directory = mkdtempSync(join(tmpdir(), 'keelson-doors-'));
let world: ServerUnderTest;
let doors: readonly Door[] = [];

before(async () => {
  if (options.skip) return;
  const policy = join(directory, 'policy.yaml');
  const rules = [{ level: 'None', nonResourceURLs: ['*'] }, { level: 'RequestResponse' }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  world = await ServerUnderTest.start(
    ...['--audit-policy-file', policy, '--audit-log-path', join(directory, 'audit.log')],
  );
  doors = [new RestClient(world), new GrpcClient(world)];
});
after(async () => {
  for (const door of doors) door.close();
  await world?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Of names: as long as each other, so that what is cut is cut alike. */
const TAGS = { REST: 'qqone', gRPC: 'qqtwo' } as const;

function checkAlike(grpc: readonly unknown[], rest: readonly unknown[], what: string): void {
  for (const [index, one] of grpc.entries()) assert.deepEqual(one, rest[index], `${what} ${index + 1}, gRPC and REST`);
  assert.equal(grpc.length, rest.length, `how often there is an ${what}`);
}

for (const [index, behaviour] of BEHAVIOURS.entries()) {
  test(`both doors: ${behaviour.name}`, options, async () => {
    const visits = doors.map((door) => new Visit(door, `b${index}`, TAGS[door.name]));
    const shown = visits.map(async (visit) => {
      const { namespace, tag, door } = visit;
      await door.ask({ verb: 'create', resource: 'namespaces', body: { metadata: { name: namespace } } });
      const account = { metadata: { name: 'default' } };
      await door.ask({ verb: 'create', resource: 'serviceaccounts', namespace, body: account });
      await behaviour.run(visit);
      return [visit.answers, await auditedIn(directory, namespace, tag)];
    });
    const [rest, grpc] = await Promise.all(shown);
    checkAlike(grpc![0]!, rest![0]!, 'answer');
    checkAlike(grpc![1]!, rest![1]!, 'record');
  });
}
