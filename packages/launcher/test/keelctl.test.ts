import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClusterUnderTest, type Output, run } from './cluster-under-test.js';

const KEELCTL = fileURLToPath(new URL('../../../cli/dist/src/main.js', import.meta.url));
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ticker, labels: { app: ticker } }
spec:
  replicas: 2
  selector: { matchLabels: { app: ticker } }
  template:
    metadata: { labels: { app: ticker } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: ticker
          image: busybox
          command: [sh, -c, 'echo started; while true; do sleep 1; done']
          ports: [{ name: http, containerPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: ticker }
spec: { selector: { app: ticker }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, annotations: { note: "<as is>" } }
data: { colour: "yes", number: "1", text: "a\\nb\\n", plain: "it's: odd" }
`;

/** Ages differ from one moment to the next, and with them the width of columns. */
function ageless(text: string): string {
  return text
    .replace(/\b(\d+[dhms]){1,2}\b/g, 'AGE')
    .replace(/ +/g, ' ')
    .replaceAll('keelctl', 'kubectl');
}

function sortedLines(text: string): string {
  return text.split('\n').sort().join('\n');
}

describe('keelctl', { timeout: 300_000 }, () => {
  const cluster = new ClusterUnderTest();
  const command = (...args: string[]) => [KEELCTL, '--kubeconfig', cluster.kubeconfig, ...args];
  const keelctl = (...args: string[]): Promise<Output> => run(process.execPath, command(...args));
  const refused = async (code: number, ...args: string[]) =>
    (await run(process.execPath, command(...args), code)).stderr;
  const manifest = join(cluster.dataDir, 'ticker.yaml');

  before(async () => {
    await cluster.up('--stores', '1', '--nodes', '1');
    writeFileSync(manifest, MANIFEST);
  });
  after(() => cluster.remove());

  it('applies, follows the rollout, and applies again without change', async () => {
    const first = await keelctl('apply', '-f', manifest);
    assert.equal(first.stdout, 'deployment.apps/ticker created\nservice/ticker created\nconfigmap/settings created\n');
    const rollout = await keelctl('rollout', 'status', 'deploy/ticker', '--timeout=120s');
    assert.match(rollout.stdout, /deployment "ticker" successfully rolled out\n$/);
    const again = await keelctl('apply', '-f', manifest);
    assert.equal(
      again.stdout,
      'deployment.apps/ticker unchanged\nservice/ticker unchanged\nconfigmap/settings unchanged\n',
    );
  });

  it('reads logs and runs commands, with their input and their exit code', async () => {
    assert.match((await keelctl('logs', 'deploy/ticker')).stdout, /^started$/m);
    assert.equal((await keelctl('exec', 'deploy/ticker', '--', 'echo', 'a  b')).stdout, 'a  b\n');
    assert.match(
      await refused(7, 'exec', 'deploy/ticker', '--', 'sh', '-c', 'exit 7'),
      /command terminated with exit code 7/,
    );
    const child = spawn(process.execPath, command('exec', '-i', 'deploy/ticker', '--', 'cat'), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end('from here\n');
    let echoed = '';
    for await (const piece of child.stdout) echoed += piece;
    assert.equal(echoed, 'from here\n');
  });

  it('shows what kubectl shows', { skip: hasKubectl ? false : 'kubectl is not installed' }, async () => {
    await keelctl('wait', '--for=condition=Available', 'deploy/ticker');
    const questions = [
      'get pods',
      'get pods -o wide',
      'get deploy,svc,cm -A',
      'get all',
      'get cm settings -o yaml',
      'get deploy ticker -o json',
      'get svc -A -o yaml',
      'get pods -o name',
      'get pods --no-headers --show-labels -l app=ticker',
      'get nodes --sort-by=.metadata.name',
      'get pods -n nowhere',
      'get pods -o jsonpath={.items[*].spec.nodeName}',
      'get cm -o custom-columns=NAME:.metadata.name,DATA:.data.colour',
      'describe svc ticker',
      'describe cm settings',
      'describe rs',
      'api-resources',
      'api-versions',
      'config view',
      'auth whoami',
      'rollout status deploy/ticker',
      'rollout history deploy/ticker',
    ];
    for (const question of questions) {
      const words = question.split(' ');
      const [ours, theirs] = await Promise.all([keelctl(...words), cluster.kubectl(...words)]);
      // kubectl describes the keys of a ConfigMap in an order that changes from run to run.
      const settle = question === 'describe cm settings' ? sortedLines : (text: string) => text;
      assert.equal(settle(ageless(ours.stdout)), settle(ageless(theirs.stdout)), question);
    }
  });

  it('leaves an object that kubectl applies on without change', {
    skip: hasKubectl ? false : 'kubectl is not installed',
  }, async () => {
    const { stdout } = await cluster.kubectl('apply', '-f', manifest);
    assert.equal(stdout, 'deployment.apps/ticker unchanged\nservice/ticker unchanged\nconfigmap/settings unchanged\n');
  });

  it('scales, rolls back, labels and waits', async () => {
    assert.equal((await keelctl('scale', 'deploy/ticker', '--replicas=1')).stdout, 'deployment.apps/ticker scaled\n');
    await keelctl('wait', '--for=jsonpath={.status.replicas}=1', 'deploy/ticker', '--timeout=60s');
    await keelctl('set', 'env', 'deploy/ticker', 'COLOUR=blue');
    assert.match((await keelctl('rollout', 'history', 'deploy/ticker')).stdout, /^2 +<none>$/m);
    assert.equal((await keelctl('rollout', 'undo', 'deploy/ticker')).stdout, 'deployment.apps/ticker rolled back\n');
    assert.equal((await keelctl('label', 'deploy/ticker', 'team=blue')).stdout, 'deployment.apps/ticker labeled\n');
    assert.match(
      await refused(1, 'label', 'deploy/ticker', 'team=red'),
      /'team' already has a value \(blue\), and --overwrite is false/,
    );
  });

  it('says in one line what is wrong', async () => {
    assert.equal(await refused(1, 'get', 'pod', 'nope'), 'Error from server (NotFound): pods "nope" not found\n');
    assert.equal(await refused(1, 'get', 'nope'), `error: the server doesn't have a resource type "nope"\n`);
    assert.match(await refused(1, 'get', 'pods', '--nope'), /^error: unknown flag: --nope\n/);
    assert.match(await refused(1, 'scale', 'deploy/ticker'), /required flag\(s\) "replicas" not set/);
    assert.match(await refused(1, 'gte', 'pods'), /unknown command "gte" for "keelctl"; did you mean "get"\?/);
    assert.match(await refused(1, 'apply', '-f', '/nope.yaml'), /the path "\/nope.yaml" does not exist/);
  });

  it('deletes and waits until all is gone', async () => {
    await keelctl('delete', '-f', manifest, '--cascade=foreground');
    assert.equal(
      await refused(1, 'get', 'deploy', 'ticker'),
      'Error from server (NotFound): deployments.apps "ticker" not found\n',
    );
    const left = await keelctl('get', 'pods', '-l', 'app=ticker');
    assert.equal(left.stderr, 'No resources found in default namespace.\n');
  });
});
