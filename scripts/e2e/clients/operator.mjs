// An operator as people write them with @kubernetes/client-node: a kind of its own in two versions, a webhook that
// converts and checks it, a controller with a finalizer that makes what it says and tells how far that is.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, until } from './run.mjs';

const FINALIZER = 'shop.example.com/take-down';

export async function operatorSteps({ k8s, config, namespace, step }) {
  // Several clients run side by side, each with a group of its own.
  const group = `${namespace}.example.com`;
  const core = config.makeApiClient(k8s.CoreV1Api);
  const custom = config.makeApiClient(k8s.CustomObjectsApi);
  const extensions = config.makeApiClient(k8s.ApiextensionsV1Api);
  const admission = config.makeApiClient(k8s.AdmissionregistrationV1Api);
  const webhook = await startWebhook(group);
  const name = `shelves.${group}`;
  const shelves = { group, namespace, plural: 'shelves' };
  const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);
  const shelf = (own, spec, version = 'v1') => ({
    ...{ apiVersion: `${group}/${version}`, kind: 'Shelf', metadata: { name: own, namespace }, spec },
  });
  let controller;

  try {
    await step('operator: definition, webhooks', async () => {
      await extensions.createCustomResourceDefinition({ body: definition(group, name, webhook) });
      await until(async () => {
        const { status } = await extensions.readCustomResourceDefinition({ name });
        return (status?.conditions ?? []).some((it) => it.type === 'Established' && it.status === 'True');
      }, 10_000);
      await admission.createValidatingWebhookConfiguration({ body: validation(group, namespace, webhook) });
      // A configuration is followed a moment after it was made.
      await until(async () => {
        const refused = await custom
          .createNamespacedCustomObject({
            ...shelves,
            version: 'v1',
            body: shelf('probe', { books: ['banned'] }),
            dryRun: 'All',
          })
          .then(
            () => '',
            (error) => error.body,
          );
        return /admission webhook \\?"check\.[^ ]* denied the request: no banned books/.test(refused);
      }, 10_000);
    });
    await step('operator: reconcile, status', async () => {
      controller = await startController({ k8s, config, core, custom, shelves, group, merge });
      await custom.createNamespacedCustomObject({
        ...shelves,
        version: 'v1',
        body: shelf('a', { books: ['emma', 'ulysses'] }),
      });
      await until(async () => {
        const found = await custom.getNamespacedCustomObject({ ...shelves, version: 'v1', name: 'a' });
        if (found.status?.observedGeneration !== found.metadata.generation) return false;
        return found.status.count === 2 && found.metadata.finalizers.includes(FINALIZER);
      }, 20_000);
      const { data, metadata } = await core.readNamespacedConfigMap({ namespace, name: 'shelf-a' });
      expect(`${data.books} ${metadata.ownerReferences[0].kind}`, /^emma,ulysses Shelf$/);
      const change = { spec: { books: ['emma'] } };
      await custom.patchNamespacedCustomObject({ ...shelves, version: 'v1', name: 'a', body: change }, merge);
      await until(
        async () => (await core.readNamespacedConfigMap({ namespace, name: 'shelf-a' })).data.books === 'emma',
        20_000,
      );
    });
    await step('operator: versions by conversion', async () => {
      const older = await custom.getNamespacedCustomObject({ ...shelves, version: 'v1beta1', name: 'a' });
      expect(JSON.stringify(older.spec), /^{"titles":"emma"}$/);
      const body = shelf('b', { titles: 'x,y,z' }, 'v1beta1');
      await custom.createNamespacedCustomObject({ ...shelves, version: 'v1beta1', body });
      const newer = await custom.getNamespacedCustomObject({ ...shelves, version: 'v1', name: 'b' });
      expect(JSON.stringify(newer.spec.books), /^\["x","y","z"\]$/);
      const { items } = await custom.listNamespacedCustomObject({ ...shelves, version: 'v1beta1' });
      expect(items.map((it) => it.spec.titles).join('|'), /^emma\|x,y,z$/);
    });
    await step('operator: what is wrong is refused', async () => {
      const refused = (body) =>
        custom.createNamespacedCustomObject({ ...shelves, version: 'v1', body }).then(
          () => Promise.reject(new Error('it went through')),
          (error) => `${error.code} ${error.body}`,
        );
      expect(await refused(shelf('c', { books: 'emma' })), /^422 .*spec\.books.*must be of type array/);
      expect(await refused(shelf('c', { books: ['a', 'a'] })), /^422 .*books differ/);
      expect(await refused(shelf('c', { books: ['banned'] })), /^400 .*no banned books/);
    });
    await step('operator: finalizer, end of the definition', async () => {
      await custom.deleteNamespacedCustomObject({ ...shelves, version: 'v1', name: 'a' });
      await until(() => gone(core.readNamespacedConfigMap({ namespace, name: 'shelf-a' })), 20_000);
      await until(() => gone(custom.getNamespacedCustomObject({ ...shelves, version: 'v1', name: 'a' })), 20_000);
      await extensions.deleteCustomResourceDefinition({ name });
      await until(() => gone(extensions.readCustomResourceDefinition({ name })), 20_000);
      await until(() => gone(core.readNamespacedConfigMap({ namespace, name: 'shelf-b' })), 20_000);
    });
  } finally {
    await controller?.stop();
    await admission.deleteValidatingWebhookConfiguration({ name: `check.${group}` }).catch(() => {});
    await extensions.deleteCustomResourceDefinition({ name }).catch(() => {});
    webhook.close();
  }
}

function gone(found) {
  return found.then(
    () => false,
    (error) => {
      if (error.code !== 404) throw error;
    },
  );
}

function definition(group, name, { url, caBundle }) {
  const status = {
    type: 'object',
    properties: { count: { type: 'integer' }, observedGeneration: { type: 'integer' } },
  };
  const version = (own, spec, storage) => ({
    ...{ name: own, served: true, storage, subresources: { status: {} } },
    additionalPrinterColumns: [{ name: 'Count', type: 'integer', jsonPath: '.status.count' }],
    schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
  });
  const books = { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 50 } };
  const rule = { rule: 'self.books.all(b, self.books.exists_one(o, o == b))', message: 'books differ' };
  // The library has names of its own for what is no name in JavaScript.
  const v1 = { type: 'object', properties: { books }, x_kubernetes_validations: [rule] };
  const v1beta1 = { type: 'object', properties: { titles: { type: 'string' } } };
  const clientConfig = { url: `${url}/convert`, caBundle };
  return {
    metadata: { name },
    spec: {
      ...{ group, scope: 'Namespaced', names: { plural: 'shelves', singular: 'shelf', kind: 'Shelf' } },
      versions: [version('v1', v1, true), version('v1beta1', v1beta1, false)],
      conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
    },
  };
}

function validation(group, namespace, { url, caBundle }) {
  const rule = { apiGroups: [group], apiVersions: ['v1'], resources: ['shelves'], operations: ['CREATE', 'UPDATE'] };
  return {
    metadata: { name: `check.${group}` },
    webhooks: [
      {
        ...{ name: `check.${group}`, clientConfig: { url: `${url}/check`, caBundle }, rules: [rule] },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        ...{ sideEffects: 'None', admissionReviewVersions: ['v1'], failurePolicy: 'Fail' },
      },
    ],
  };
}

/** Converts between the versions and refuses banned books, over HTTPS with a certificate of its own. */
async function startWebhook(group) {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-operator-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const about = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...about], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const review = JSON.parse(text);
    const answer = request.url.startsWith('/convert') ? convert(review.request, group) : check(review.request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...review, request: undefined, response: { uid: review.request.uid, ...answer } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const caBundle = readFileSync(cert).toString('base64');
  rmSync(directory, { recursive: true });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `https://127.0.0.1:${server.address().port}`, caBundle, close };
}

function convert({ desiredAPIVersion, objects }, group) {
  const convertedObjects = objects.map(({ spec = {}, ...rest }) => {
    const isNewer = desiredAPIVersion === `${group}/v1`;
    const next = isNewer ? { books: (spec.titles ?? '').split(',') } : { titles: (spec.books ?? []).join(',') };
    return { ...rest, apiVersion: desiredAPIVersion, spec: next };
  });
  return { result: { status: 'Success' }, convertedObjects };
}

function check({ object }) {
  const allowed = !(object.spec.books ?? []).includes('banned');
  return allowed ? { allowed } : { allowed, status: { message: 'no banned books' } };
}

/** Makes a ConfigMap of each shelf; a shelf goes once that is gone. */
async function startController({ k8s, config, core, custom, shelves, group, merge }) {
  const { namespace } = shelves;
  const version = 'v1';
  const patch = (name, body) => custom.patchNamespacedCustomObject({ ...shelves, version, name, body }, merge);
  const ignore = (code) => (error) => {
    if (error.code !== code) throw error;
  };
  async function reconcile(name) {
    const shelf = await custom.getNamespacedCustomObject({ ...shelves, version, name }).catch(ignore(404));
    if (shelf === undefined) return;
    const { metadata, spec } = shelf;
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp !== undefined) {
      if (!finalizers.includes(FINALIZER)) return;
      await core.deleteNamespacedConfigMap({ namespace, name: `shelf-${name}` }).catch(ignore(404));
      await patch(name, { metadata: { finalizers: finalizers.filter((it) => it !== FINALIZER) } });
      return;
    }
    if (!finalizers.includes(FINALIZER)) await patch(name, { metadata: { finalizers: [...finalizers, FINALIZER] } });
    const owner = { apiVersion: `${group}/v1`, kind: 'Shelf', name, uid: metadata.uid, controller: true };
    const body = {
      metadata: { name: `shelf-${name}`, namespace, ownerReferences: [owner] },
      data: { books: spec.books.join(',') },
    };
    await core.createNamespacedConfigMap({ namespace, body }).catch(async (error) => {
      ignore(409)(error);
      await core.replaceNamespacedConfigMap({ namespace, name: `shelf-${name}`, body });
    });
    const status = { count: spec.books.length, observedGeneration: metadata.generation };
    await custom.patchNamespacedCustomObjectStatus({ ...shelves, version, name, body: { status } }, merge);
  }
  const path = `/apis/${group}/${version}/namespaces/${namespace}/shelves`;
  const informer = k8s.makeInformer(config, path, () => custom.listNamespacedCustomObject({ ...shelves, version }));
  /** One at a time for each shelf: what fails comes again. */
  const turns = new Map();
  const look = ({ metadata: { name } }) => {
    const turn = (turns.get(name) ?? Promise.resolve())
      .then(() => reconcile(name))
      .catch(() => setTimeout(() => informer.get(name, namespace) && look({ metadata: { name } }), 200));
    turns.set(name, turn);
  };
  for (const event of ['add', 'update']) informer.on(event, look);
  // The definition goes, and its watches with it.
  informer.on('error', () => {});
  await informer.start();
  return { stop: () => informer.stop() };
}
