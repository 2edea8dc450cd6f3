// What people do with helm, a step each, with a chart of our own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, Program, Steps } from './run.mjs';

const CHART = {
  'Chart.yaml': 'apiVersion: v2\nname: greeter\nversion: 0.1.0\nappVersion: "1"\n',
  'values.yaml': 'replicas: 1\ngreeting: hello\nbroken: false\n',
  'templates/_helpers.tpl':
    '{{- define "greeter.labels" }}\napp: {{ .Release.Name }}\nchart: {{ .Chart.Name }}\n{{- end }}\n',
  'templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "greeter.labels" . | nindent 4 }}
data:
  greeting: {{ .Values.greeting }}
  apps: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
  {{- with lookup "v1" "Namespace" "" "kube-system" }}
  namespace: {{ .metadata.name }}
  {{- end }}
`,
  'templates/account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: {{ .Release.Name }}}\n',
  'templates/service.yaml': `apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: 8080}]
`,
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "greeter.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata:
      labels: {{- include "greeter.labels" . | nindent 8 }}
      annotations: {greeting: {{ .Values.greeting }}}
    spec:
      serviceAccountName: {{ .Release.Name }}
      terminationGracePeriodSeconds: 1
      containers:
      - name: greeter
        image: busybox
        command: [sh, -c, "trap 'exit 0' TERM; while true; do echo {{ .Values.greeting }}; sleep 1; done"]
        {{- if .Values.broken }}
        readinessProbe: {exec: {command: ["false"]}, periodSeconds: 1}
        {{- end }}
        resources: {requests: {cpu: 10m}}
`,
  'templates/before.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-before
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: before, image: busybox, command: ["true"]}]
`,
  'templates/tests/test.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: before-hook-creation}
spec:
  restartPolicy: Never
  containers: [{name: test, image: busybox, command: [sh, -c, "echo tested"]}]
`,
};

export async function helmSteps({ path, kubectl, kubeconfig, namespace }) {
  const steps = new Steps();
  const step = steps.step.bind(steps);
  const home = mkdtempSync(join(tmpdir(), 'keelson-helm-'));
  const chart = join(home, 'greeter');
  for (const [name, text] of Object.entries(CHART)) {
    mkdirSync(join(chart, name, '..'), { recursive: true });
    writeFileSync(join(chart, name), text);
  }
  const helm = new Program(path, ['--kubeconfig', kubeconfig, '-n', namespace], { HOME: home, HELM_CACHE_HOME: home });
  const cluster = new Program(kubectl, ['--kubeconfig', kubeconfig, '-n', namespace], { HOME: home });
  const h = (words, options) => helm.run(words.split(' '), options);
  const k = async (words) => (await cluster.run(words.split(' '))).stdout;
  const major = Number(/v(\d+)/.exec((await helm.run(['version', '--short'])).stdout)[1]);

  try {
    await step('lint, template', async () => {
      await h(`lint ${chart}`);
      expect((await h(`template web ${chart}`)).stdout, /kind: Deployment/);
    });
    await step('install --dry-run=server', async () =>
      expect((await h(`install web ${chart} --create-namespace --dry-run=server`)).stdout, /apps: "true"/),
    );
    await step('install --wait', async () => {
      expect((await h(`install web ${chart} --create-namespace --wait --timeout 80s`)).stdout, /STATUS: deployed/);
      expect(await k('get deployment web -o jsonpath={.status.readyReplicas}'), /^1$/);
      expect(await k('get configmap web -o jsonpath={.data.namespace}'), /^kube-system$/);
      expect((await h(`install web ${chart}`, { code: 1 })).stderr, /cannot re-?use a name that is still in use/);
    });
    await step('list', async () => expect((await h('list')).stdout, /^web\s.*deployed\s+greeter-0\.1\.0/m));
    await step('status', async () => {
      expect((await h('status web')).stdout, /STATUS: deployed/);
      if (major === 3) expect((await h('status web --show-resources')).stdout, /deployment\.apps|==> .*Deployment/i);
    });
    await step('get', async () => {
      expect((await h('get manifest web')).stdout, /kind: Service/);
      expect((await h('get values web --all')).stdout, /greeting: hello/);
    });
    await step('upgrade --wait', async () => {
      const upgrade = `upgrade web ${chart} --set replicas=2,greeting=goodbye --wait --timeout 80s`;
      expect((await h(upgrade)).stdout, /REVISION: 2/);
      expect(
        await k(
          'get deployment web -o jsonpath={.status.readyReplicas},{.spec.template.metadata.annotations.greeting}',
        ),
        /^2,goodbye$/,
      );
    });
    await step('upgrade by server-side apply', async () => {
      if (major === 3) return;
      expect(
        (
          await h(
            `upgrade web ${chart} --set replicas=2,greeting=applied --server-side=true --force-conflicts --wait --timeout 80s`,
          )
        ).stdout,
        /REVISION: 3/,
      );
    });
    await step('rollback --wait', async () => {
      await h('rollback web 1 --wait --timeout 80s');
      expect(
        await k('get deployment web -o jsonpath={.spec.replicas},{.spec.template.metadata.annotations.greeting}'),
        /^1,hello$/,
      );
      expect((await h('history web')).stdout, /Rollback to 1/);
    });
    await step('test', async () => expect((await h('test web --logs')).stdout, /tested/));
    await step('failed upgrade is rolled back', async () => {
      const back = major === 3 ? '--atomic' : '--rollback-on-failure --wait';
      await h(`upgrade web ${chart} --set broken=true,greeting=bad ${back} --timeout 6s`, { code: 1 });
      expect((await h('status web')).stdout, /STATUS: deployed/);
      expect(await k('get configmap web -o jsonpath={.data.greeting}'), /^hello$/);
    });
    await step('upgrade --install', async () => {
      await h(`upgrade --install other ${chart} --wait --timeout 80s`);
      await h('uninstall other --wait');
    });
    await step('uninstall', async () => {
      expect((await h('uninstall web --wait --timeout 60s')).stdout, /uninstalled/);
      expect((await h('list -q')).stdout, /^\s*$/);
      expect(await k('get deployments,services,configmaps -l app=web -o name'), /^$/);
    });
  } finally {
    await cluster.run(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']).catch(() => {});
    rmSync(home, { recursive: true, force: true });
  }
  return steps.results;
}
