// What people do with kubectl, a step each.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, Program, Steps, until, whileRunning } from './run.mjs';

const SERVER = `require("http").createServer((q, s) => s.end("hello from " + process.env.HOSTNAME)).listen(8080, process.env.POD_IP); console.log("started"); setInterval(() => console.log("tick"), 500)`;

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: node
        command: [node, -e, ${JSON.stringify(SERVER)}]
        ports: [{containerPort: 8080, name: http}]
        env: [{name: COLOUR, value: red}, {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
`;

const ECHO = `apiVersion: v1
kind: Pod
metadata: {name: echo, labels: {app: echo}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: echo
    image: node
    stdin: true
    command: [node, -e, 'process.stdin.on("data", (d) => process.stdout.write("heard " + d)); setInterval(() => console.log("alive"), 300)']
`;

/** @returns the results of all steps, run in a namespace of their own. */
export async function kubectlSteps({ path, kubeconfig, namespace, node }) {
  const steps = new Steps();
  const step = steps.step.bind(steps);
  const home = mkdtempSync(join(tmpdir(), 'keelson-kubectl-'));
  const everywhere = new Program(path, ['--kubeconfig', kubeconfig], { HOME: home, KUBECONFIG: kubeconfig });
  const here = new Program(path, ['--kubeconfig', kubeconfig, '-n', namespace], { HOME: home, KUBECONFIG: kubeconfig });
  const k = (words, options) => here.run(typeof words === 'string' ? words.split(' ') : words, options);
  const file = (name, text) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const web = file('web.yaml', WEB);
  const podOf = async (selector) => (await k(`get pod -l ${selector} -o jsonpath={.items[0].metadata.name}`)).stdout;

  try {
    await everywhere.run(['create', 'namespace', namespace]);
    await step('version', async () => expect((await k('version')).stdout, /Server Version: v1\.36/));
    await step('cluster-info', async () => expect((await k('cluster-info')).stdout, /control plane.* is running/));
    await step('api-resources', async () => {
      expect((await k('api-resources')).stdout, /^deployments +deploy +apps\/v1 +true +Deployment$/m);
      expect((await k('api-resources --namespaced=false -o name')).stdout, /^nodes$/m);
    });
    await step('api-versions', async () => expect((await k('api-versions')).stdout, /^apps\/v1$/m));
    await step('explain', async () => {
      expect((await k('explain deployment.spec.replicas')).stdout, /FIELD: replicas <integer>/);
      expect((await k('explain pod.spec.containers --recursive')).stdout, /livenessProbe/);
      expect((await k('explain pod.spec.containers.image')).stdout, /The name of the image/);
      expect((await k('explain job --output=plaintext-openapiv2')).stdout, /KIND: +Job/);
    });
    await step('auth can-i', async () => {
      expect((await k('auth can-i create deployments')).stdout, /^yes/);
      expect((await k('auth can-i list pods --as nobody', { code: 1 })).stdout, /^no/);
      expect((await k('auth can-i --list')).stdout, /\*\.\*/);
    });
    await step('auth whoami', async () => expect((await k('auth whoami')).stdout, /system:masters/));
    await step('create', async () => {
      await k('create configmap settings --from-literal=a=1');
      await k('create secret generic words --from-literal=b=2');
      await k('create serviceaccount robot');
      await k('create role reader --verb=get,list --resource=pods');
      await k(`create rolebinding reader --role=reader --serviceaccount=${namespace}:robot`);
      expect((await k('create -f -', { stdin: ECHO })).stdout, /pod\/echo created/);
      expect((await k('create -f -', { stdin: ECHO, code: 1 })).stderr, /AlreadyExists.*"echo" already exists/);
    });
    await step('create token', async () => {
      expect((await k('create token robot --duration=10m')).stdout, /^ey[\w-]+\.[\w-]+\.[\w-]+$/m);
      expect((await k(`auth can-i list pods --as system:serviceaccount:${namespace}:robot`)).stdout, /^yes/);
    });
    await step('create --dry-run', async () => {
      await k('create configmap imagined --from-literal=a=1 --dry-run=server');
      await k('get configmap imagined', { code: 1 });
    });
    await step('validation', async () => {
      const wrong = WEB.replace('replicas: 2', 'replicas: 2\n  replicsa: 3');
      expect(
        (await k('create -f -', { stdin: wrong.replaceAll('web', 'wrong'), code: 1 })).stderr,
        /unknown field "spec\.replicsa"/,
      );
    });
    await step('apply', async () => {
      expect((await k(['apply', '-f', web])).stdout, /deployment\.apps\/web created\nservice\/web created/);
      expect((await k(['apply', '-f', web])).stdout, /deployment\.apps\/web unchanged\nservice\/web unchanged/);
    });
    await step('apply -k', async () => {
      mkdirSync(join(home, 'kustomize'));
      file(
        'kustomize/kustomization.yaml',
        'namePrefix: custom-\nconfigMapGenerator: [{name: made, literals: [x=y]}]\n',
      );
      expect((await k(['apply', '-k', join(home, 'kustomize')])).stdout, /configmap\/custom-made-\w+ created/);
    });
    await step('apply --server-side', async () => {
      const config = (value) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\ndata: {key: ${value}}\n`;
      const apply = (value, manager, ...more) => [
        'apply',
        '--server-side',
        '--field-manager',
        manager,
        ...more,
        '-f',
        file(`${manager}.yaml`, config(value)),
      ];
      expect((await k(apply('one', 'ann'))).stdout, /configmap\/owned serverside-applied/);
      expect((await k(apply('two', 'ben'), { code: 1 })).stderr, /conflict with "ann": \.data\.key/);
      await k(apply('two', 'ben', '--force-conflicts'));
      expect((await k('get configmap owned -o jsonpath={.data.key}')).stdout, /^two$/);
    });
    await step('apply --prune', async () => {
      const maps = (names) =>
        names
          .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: pruned}}\n`)
          .join('---\n');
      const apply = ['apply', '--prune', '-l', 'set=pruned', '--prune-allowlist=core/v1/ConfigMap', '-f', '-'];
      await k(apply, { stdin: maps(['first', 'second']) });
      expect((await k(apply, { stdin: maps(['first']) })).stdout, /configmap\/second pruned/);
    });
    await step('diff', async () => {
      await k(['diff', '-f', web]);
      expect(
        (await k(['diff', '-f', '-'], { stdin: WEB.replace('value: red', 'value: blue'), code: 1 })).stdout,
        /^\+ +value: blue$/m,
      );
    });
    await step('rollout status', async () =>
      expect((await k('rollout status deployment/web --timeout=80s')).stdout, /successfully rolled out/),
    );
    await step('wait', async () => {
      await k('wait --for=condition=Ready pod/echo --timeout=60s');
      await k('wait --for=condition=Available deployment/web --timeout=60s');
      await k(['wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/web', '--timeout=60s']);
    });
    await step('get', async () => {
      expect((await k('get all')).stdout, /deployment\.apps\/web +2\/2/);
      expect((await k('get pods -o wide')).stdout, /^echo +1\/1 +Running/m);
      expect((await k('get pods -l app=web -o name')).stdout, /^(pod\/web-\w+-\w+\n){2}$/);
      expect((await k('get pods --field-selector=metadata.name=echo -o yaml')).stdout, /^ {4}name: echo$/m);
      expect((await k('get pods --sort-by=.metadata.name --chunk-size=1')).stdout, /^echo[\s\S]*^web-/m);
      expect((await k('get deployment web -o custom-columns=N:.metadata.name,R:.spec.replicas')).stdout, /^web +2$/m);
      expect((await k('get deployment,service web -o json')).stdout, /"kind": "Service"/);
      expect(
        (await k('get pod missing', { code: 1 })).stderr,
        /Error from server \(NotFound\): pods "missing" not found/,
      );
      expect((await k('get --raw /readyz')).stdout, /^ok$/);
    });
    await step('get --watch', async () => {
      const watch = here.start(['get', 'configmap', 'settings', '--watch', '-o', 'jsonpath={.data.a}{"\\n"}']);
      await whileRunning(watch, /^1$/m, async () => {
        await k(['patch', 'configmap', 'settings', '-p', '{"data":{"a":"9"}}']);
        await until(async () => /^9$/m.test(watch.output.stdout), 10_000);
      });
    });
    await step('describe', async () => {
      expect((await k('describe deployment web')).stdout, /Replicas: +2 desired/);
      expect((await k('describe pod echo')).stdout, /Status: +Running/);
      expect((await k(`describe node ${node}`)).stdout, /Allocated resources/);
      expect((await k('describe service web')).stdout, /Endpoints: +127\./);
    });
    await step('edit', async () => {
      const editor = file('editor.sh', '#!/bin/sh\nsed -i "s/a: .*/a: edited/" "$1"\n');
      await here.with({ KUBE_EDITOR: `sh ${editor}` }).run(['edit', 'configmap', 'settings']);
      expect((await k('get configmap settings -o jsonpath={.data.a}')).stdout, /^edited$/);
    });
    await step('patch', async () => {
      await k([
        'patch',
        'deployment',
        'web',
        '-p',
        '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"SIZE","value":"L"}]}]}}}}',
      ]);
      expect(
        (await k('get deployment web -o jsonpath={.spec.template.spec.containers[0].env[*].name}')).stdout,
        /COLOUR.*POD_IP|SIZE.*COLOUR/,
      );
      await k(['patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"a":null,"c":"3"}}']);
      await k(['patch', 'configmap', 'settings', '--type=json', '-p', '[{"op":"add","path":"/data/d","value":"4"}]']);
      expect((await k('get configmap settings -o jsonpath={.data}')).stdout, /^{"c":"3","d":"4"}$/);
      await k(['patch', 'deployment', 'web', '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":2}}']);
    });
    await step('label', async () => {
      await k('label pod echo tier=front');
      expect((await k('label pod echo tier=back', { code: 1 })).stderr, /already has a value/);
      await k('label pod echo tier=back --overwrite');
      expect((await k('get pods -l tier=back -L tier')).stdout, /back$/m);
      await k('label pod echo tier-');
    });
    await step('annotate', async () => {
      await k('annotate pod echo note=seen');
      expect((await k('get pod echo -o jsonpath={.metadata.annotations.note}')).stdout, /^seen$/);
    });
    await step('replace', async () => {
      await k('replace -f -', {
        stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {e: "5"}\n',
      });
      expect((await k('get configmap settings -o jsonpath={.data}')).stdout, /^{"e":"5"}$/);
      await k('replace --force -f -', {
        stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {f: "6"}\n',
      });
    });
    await step('set', async () => {
      await k('set env deployment/web COLOUR=green');
      await k('set resources deployment/web -c web --requests=cpu=10m');
      await k('set image deployment/web web=nodejs --dry-run=server');
      expect((await k('set env deployment/web --list')).stdout, /COLOUR=green/);
    });
    await step('rollout history, undo', async () => {
      await k('rollout status deployment/web --timeout=80s');
      expect((await k('rollout history deployment/web')).stdout, /^2 /m);
      await k('rollout undo deployment/web --to-revision=1');
      await k('rollout status deployment/web --timeout=80s');
      expect((await k('set env deployment/web --list')).stdout, /COLOUR=red/);
    });
    await step('rollout restart, pause, resume', async () => {
      await k('rollout pause deployment/web');
      await k('rollout restart deployment/web', { code: 1 });
      await k('rollout resume deployment/web');
      await k('rollout restart deployment/web');
      await k('rollout status deployment/web --timeout=80s');
    });
    await step('scale', async () => {
      expect((await k('scale deployment/web --replicas=3')).stdout, /scaled/);
      await k(['wait', '--for=jsonpath={.status.availableReplicas}=3', 'deployment/web', '--timeout=60s']);
      await k('scale deployment/web --current-replicas=3 --replicas=1');
      await k('scale deployment/web --current-replicas=3 --replicas=2', { code: 1 });
      await k(['wait', '--for=jsonpath={.status.replicas}=1', 'deployment/web', '--timeout=60s']);
    });
    await step('autoscale', async () => {
      await k('autoscale deployment web --min=1 --max=3 --cpu-percent=80');
      expect((await k('get hpa web')).stdout, /Deployment\/web/);
      await k('delete hpa web');
    });
    await step('expose', async () => {
      await k('expose deployment web --name=exposed --port=80 --target-port=8080');
      await until(
        async () => /127\./.test((await k('get endpointslices -l kubernetes.io/service-name=exposed')).stdout),
        20_000,
      );
    });
    await step('logs', async () => {
      await until(async () => /started/.test((await k('logs deployment/web')).stdout), 20_000);
      expect((await k('logs pod/echo --tail=1')).stdout, /^alive\n$/);
      expect((await k('logs -l app=web --prefix --timestamps')).stdout, /^\[pod\/web-\S+\/web\] 20\S+Z /m);
      await whileRunning(here.start(['logs', '-f', '--since=1s', 'pod/echo']), /(alive\n){3}/, () => {});
      expect((await k('logs pod/echo -c nobody', { code: 1 })).stderr, /container nobody is not valid for pod echo/);
    });
    for (const [how, env] of [
      ['WebSocket', {}],
      ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
    ]) {
      const over = here.with(env);
      await step(`exec (${how})`, async () => {
        expect((await over.run(['exec', 'echo', '--', 'node', '-p', '6*7'])).stdout, /^42$/m);
        await over.run(['exec', 'echo', '--', 'sh', '-c', 'exit 7'], { code: 7 });
        const { stdout } = await over.run(['exec', '-i', 'echo', '--', 'wc', '-c'], { stdin: 'x'.repeat(200_000) });
        expect(stdout, /^\s*200000$/m);
        expect((await over.run(['exec', 'deploy/web', '--', 'env'])).stdout, /^COLOUR=red$/m);
      });
      await step(`cp (${how})`, async () => {
        const content = `${'line of a file\n'.repeat(20_000)}`;
        const pod = await podOf('app=web');
        const to = `/tmp/${namespace}-${how}`;
        await over.run(['cp', file('to.txt', content), `${pod}:${to}`]);
        await over.run(['cp', `${pod}:${to}`, join(home, 'from.txt')]);
        if (readFileSync(join(home, 'from.txt'), 'utf8') !== content) throw new Error('what came back is another file');
        await over.run(['exec', pod, '--', 'rm', to]);
      });
      await step(`attach (${how})`, async () => {
        const attach = over.start(['attach', '-i', 'echo']);
        await whileRunning(attach, /alive/, async () => {
          attach.process.stdin.write('hello\n');
          await until(async () => /heard hello/.test(attach.output.stdout), 10_000);
        });
      });
      await step(`port-forward (${how})`, async () => {
        const pod = await podOf('app=web');
        for (const target of [`pod/${pod}`, 'service/web']) {
          const forward = over.start(['port-forward', target, target.startsWith('pod') ? ':8080' : ':80']);
          await whileRunning(forward, /Forwarding from 127\.0\.0\.1:(\d+)/, async ([, port]) => {
            for (let i = 0; i < 5; i++) expect(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /hello from/);
          });
        }
      });
      await step(`run -i --rm (${how})`, async () => {
        const run = [
          'run',
          `once-${how.toLowerCase()}`,
          '-i',
          '--rm',
          '--restart=Never',
          '--image=busybox',
          '--',
          'sh',
          '-c',
          'sleep 1; cat',
        ];
        expect((await over.run(run, { stdin: 'through the pod\n' })).stdout, /through the pod/);
      });
    }
    await step('proxy', async () => {
      await whileRunning(
        here.start(['proxy', '--port=0']),
        /Starting to serve on 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          const get = async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
          expect(await get('/version'), /"major": "1"/);
          const pod = await podOf('app=web');
          expect(await get(`/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/`), /hello from/);
          expect(await get(`/api/v1/namespaces/${namespace}/services/web/proxy/`), /hello from/);
        },
      );
    });
    await step('debug a pod', async () => {
      const debug = [
        'debug',
        'echo',
        '-i',
        '--image=busybox',
        '--target=echo',
        '-c',
        'look',
        '--',
        'sh',
        '-c',
        'sleep 1; echo looked',
      ];
      expect((await k(debug)).stdout, /looked/);
      await until(
        async () =>
          /"terminated"/.test(
            (
              await k([
                'get',
                'pod',
                'echo',
                '-o',
                'jsonpath={.status.ephemeralContainerStatuses[?(@.name=="look")].state}',
              ])
            ).stdout,
          ),
        20_000,
      );
    });
    await step('debug --copy-to', async () => {
      const debug = [
        'debug',
        'echo',
        '-i',
        '--copy-to=echo-copy',
        '--container=echo',
        '--image=busybox',
        '--',
        'sh',
        '-c',
        'sleep 1; echo copied',
      ];
      expect((await k(debug)).stdout, /copied/);
      await k('delete pod echo-copy --now');
    });
    await step('debug a node', async () => {
      const debug = ['debug', `node/${node}`, '-i', '--image=busybox', '--', 'sh', '-c', 'sleep 1; ls -d /host/usr'];
      expect((await k(debug)).stdout, /^\/host\/usr$/m);
    });
    await step('events', async () => {
      expect((await k('events')).stdout, /Normal +Scheduled/);
      expect((await k('events --for deployment/web')).stdout, /ScalingReplicaSet/);
      expect((await k('get events --sort-by=.lastTimestamp')).stdout, /Started/);
    });
    await step('top', async () => expect((await k('top nodes')).stdout, /^NAME +CPU\(cores\).*\nnode-0 +\d+m /));
    await step('create job --from', async () => {
      await k(['create', 'cronjob', 'nightly', '--image=busybox', '--schedule=0 0 * * *', '--', 'true']);
      await k('create job now --from=cronjob/nightly');
      await k('wait --for=condition=complete job/now --timeout=60s');
    });
    await step('certificate approve', async () => {
      const request = readFileSync(new URL('request.pem', import.meta.url)).toString('base64');
      const csr = {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: namespace },
      };
      const spec = { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] };
      await k('create -f -', { stdin: JSON.stringify({ ...csr, spec }) });
      await k(`certificate approve ${namespace}`);
      expect((await k(`get csr ${namespace}`)).stdout, /Approved/);
      await k(`delete csr ${namespace}`);
    });
    await step('cordon, taint, drain, uncordon', async () => {
      await k(`cordon ${node}`);
      expect((await k(`get node ${node}`)).stdout, /SchedulingDisabled/);
      await k(`taint node ${node} test-${namespace}=1:PreferNoSchedule`);
      await k(`taint node ${node} test-${namespace}-`);
      await k(`drain ${node} --ignore-daemonsets --force --delete-emptydir-data --pod-selector=app=web --timeout=60s`);
      await k(`uncordon ${node}`);
      await k('wait --for=condition=Available deployment/web --timeout=60s');
    });
    await step('delete', async () => {
      expect((await k('delete pod echo --timeout=60s')).stdout, /pod "echo" (force )?deleted/);
      await k('delete deployment web --cascade=orphan');
      expect((await k('get rs -l app=web -o name')).stdout, /replicaset\.apps\/web-/);
      await k('delete rs -l app=web --cascade=foreground --timeout=60s');
      await k(['wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=60s']);
      await k(['delete', '--ignore-not-found', '-f', web]);
      await k('delete configmaps,secrets --all');
      await everywhere.run(['delete', 'namespace', namespace, '--timeout=80s']);
    });
  } finally {
    await everywhere.run(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']).catch(() => {});
    rmSync(home, { recursive: true, force: true });
  }
  return steps.results;
}
