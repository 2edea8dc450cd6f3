// Runs every client against a running cluster and tells which step worked with which:
//   node scripts/e2e/clients/matrix.mjs --clients DIRECTORY --kubeconfig FILE [--only WORD,…] [--doc FILE]
// DIRECTORY holds one folder for each client: kubectl-VERSION/kubectl, helm-VERSION/helm, client-node-VERSION/node_modules.
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clientNodeSteps } from './client-node.mjs';
import { helmSteps } from './helm.mjs';
import { kubectlSteps } from './kubectl.mjs';
import { compatibilityPage } from './page.mjs';

/** Clients that run side by side. */
const LANES = 2;

const { values } = parseArgs({
  options: {
    clients: { type: 'string' },
    kubeconfig: { type: 'string' },
    only: { type: 'string', default: '' },
    doc: { type: 'string' },
  },
});
const directory = resolve(values.clients);
const kubeconfig = resolve(values.kubeconfig);
const words = values.only.split(',').filter(Boolean);
const byVersion = new Intl.Collator('en', { numeric: true });
const clients = readdirSync(directory)
  .filter(
    (name) =>
      /^(kubectl|helm|client-node)-\d/.test(name) && (words.length === 0 || words.some((it) => name.includes(it))),
  )
  .sort(byVersion.compare)
  .map((name) => {
    const [, program, version] = /^(.+)-(\d.*)$/.exec(name);
    return { program, version, at: join(directory, name) };
  });
if (clients.length === 0) {
  console.error(`error: no client in ${directory}${words.length > 0 ? ` is called ${words.join(' or ')}` : ''}`);
  process.exit(1);
}
const newestKubectl = join(
  directory,
  readdirSync(directory)
    .filter((it) => it.startsWith('kubectl-'))
    .sort(byVersion.compare)
    .at(-1),
  'kubectl',
);

function run({ program, version, at }, lane) {
  const namespace = `${program}-${version.replaceAll('.', '-')}`;
  if (program === 'kubectl')
    return kubectlSteps({ path: join(at, 'kubectl'), kubeconfig, namespace, node: `node-${lane}` });
  if (program === 'helm') return helmSteps({ path: join(at, 'helm'), kubectl: newestKubectl, kubeconfig, namespace });
  return clientNodeSteps({ directory: at, kubeconfig, namespace });
}

// What a library throws beside its promises fails the run, and keeps no other client from being tried.
let strays = 0;
process.on('uncaughtException', (error) => {
  strays += 1;
  console.log(`thrown beside all steps: ${error?.stack ?? error}`);
});

const waiting = [...clients];
async function lane(number) {
  for (let client = waiting.shift(); client !== undefined; client = waiting.shift()) {
    const begin = performance.now();
    try {
      client.results = await run(client, number);
    } catch (error) {
      client.results = [{ name: 'start', ok: false, error: error?.stack ?? String(error) }];
    }
    const passed = client.results.filter((it) => it.ok).length;
    const seconds = Math.round((performance.now() - begin) / 1000);
    console.log(`${client.program} ${client.version}: ${passed} of ${client.results.length} steps, ${seconds} s`);
    for (const { name, ok, error } of client.results) if (!ok) console.log(`  ${name}: ${error}`);
  }
}
await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));

if (values.doc !== undefined) writeFileSync(values.doc, compatibilityPage(clients));
const failed = clients.flatMap((it) => it.results).filter((it) => !it.ok).length;
console.log(`clients: ${clients.length}, steps failed: ${failed}`);
process.exit(failed + strays === 0 ? 0 : 1);
