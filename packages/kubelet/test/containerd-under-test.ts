import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, Pod, PodSpec } from '@keelson/api';
import type { Connection } from '@keelson/protocol';
import { connect } from '@keelson/service';
import { criClient } from '../src/cri/cri-client.js';
import type { Kubelet } from '../src/kubelet.js';
import { FakeApi } from './fake-api.js';
import { newKubelet } from './new-kubelet.js';
import { clock, until } from './node-under-test.js';

const BUSYBOX = '/usr/bin/busybox';
/** Name, user of the image. */
const IMAGES = [
  ['keelson.test/busybox:1', ''],
  ['keelson.test/nobody:1', '65534'],
  ['keelson.test/named:1', 'nobody'],
] as const;

/** Why containerd cannot be tested with here; undefined if it can. It has to be asked for: it takes a minute and root. */
export function whyNot(): string | undefined {
  if (process.env['KEELSON_TEST_CONTAINERD'] !== '1') return 'set KEELSON_TEST_CONTAINERD=1 to test with containerd';
  if (process.getuid?.() !== 0) return 'containerd needs root';
  const missing = ['containerd', 'ctr', 'runc', BUSYBOX].find(
    (name) => spawnSync('/bin/sh', ['-c', 'command -v "$0"', name]).status !== 0,
  );
  if (missing !== undefined) return `there is no ${missing}`;
  const apart = spawnSync('unshare', ['--mount', '--pid', '--uts', '--fork', 'true'], { stdio: 'ignore' });
  return apart.status === 0 ? undefined : 'namespaces cannot be made here';
}

/** A containerd of its own with images made here, a kubelet in this process, and an API server in memory. */
export class ContainerdUnderTest {
  readonly directory = mkdtempSync(join(tmpdir(), 'kct-'));
  readonly api = new FakeApi();
  kubelet: Kubelet | undefined;
  #containerd: ChildProcess | undefined;
  #connection: Connection | undefined;

  get cri() {
    assert.ok(this.#connection);
    return criClient(this.#connection);
  }

  async start(): Promise<void> {
    this.#writeConfig();
    const log = openSync(join(this.directory, 'containerd.log'), 'a');
    this.#containerd = spawn('containerd', ['--config', join(this.directory, 'config.toml')], {
      stdio: ['ignore', log, log],
    });
    this.#connection = connect(`unix:${this.directory}/c.sock`, { clock });
    await until('containerd serves', async () => await this.cri.runtime.version({}).catch(() => undefined));
    this.#importImages();
    this.kubelet = this.#newKubelet();
    await this.kubelet.start();
  }

  async cleanUp(): Promise<void> {
    await this.kubelet?.stop();
    const { items } = await this.cri.runtime.listPodSandbox({});
    for (const { id } of items) await this.cri.runtime.stopPodSandbox({ podSandboxId: id });
    for (const { id } of items) await this.cri.runtime.removePodSandbox({ podSandboxId: id });
    this.#connection?.close();
    const ended = new Promise((resolve) => this.#containerd?.once('exit', resolve));
    this.#containerd?.kill('SIGTERM');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A pod on the host's network: no network plugin is needed. */
  run(name: string, container: Partial<Container>, spec: Partial<PodSpec> = {}): void {
    const main = { name: 'main', image: IMAGES[0][0], imagePullPolicy: 'Never', ...container };
    this.api.seed<Pod>('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', generation: 1 },
      spec: {
        nodeName: 'node-1',
        hostNetwork: true,
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 5,
        ...spec,
        containers: [main],
      },
      status: { phase: 'Pending' },
    });
  }

  pod(name: string): Pod {
    const found = this.api.find<Pod>('pods', name);
    assert.ok(found, `pod ${name} is there`);
    return found;
  }

  #writeConfig(): void {
    const { directory } = this;
    const text = `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${directory}/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${IMAGES[0][0]}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${directory}/cni"
    conf_dir = "${directory}/cni"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
`;
    writeFileSync(join(directory, 'config.toml'), text);
  }

  /** As docker's save would write them: one layer with busybox. The sandbox's process is a sleep. */
  #importImages(): void {
    const [root, archive] = [join(this.directory, 'image'), join(this.directory, 'archive')];
    for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp'])
      mkdirSync(join(root, folder), { recursive: true });
    mkdirSync(join(archive, 'layer'), { recursive: true });
    copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
    this.#execute('chroot', root, '/bin/busybox', '--install', '-s', '/bin');
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n');
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
    this.#execute('tar', '-C', root, '-cf', join(archive, 'layer/layer.tar'), '.');
    const digest = createHash('sha256')
      .update(readFileSync(join(archive, 'layer/layer.tar')))
      .digest('hex');
    const manifest = IMAGES.map(([name, user]) => {
      const config = JSON.stringify({
        architecture: process.arch === 'x64' ? 'amd64' : process.arch,
        os: 'linux',
        config: { Env: ['PATH=/bin'], Cmd: ['sleep', '100000'], User: user },
        rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
      });
      const file = `${createHash('sha256').update(config).digest('hex')}.json`;
      writeFileSync(join(archive, file), config);
      return { Config: file, RepoTags: [name], Layers: ['layer/layer.tar'] };
    });
    writeFileSync(join(archive, 'manifest.json'), JSON.stringify(manifest));
    this.#execute('tar', '-C', archive, '-cf', join(this.directory, 'images.tar'), '.');
    this.#execute(
      'ctr',
      '-a',
      `${this.directory}/c.sock`,
      '-n',
      'k8s.io',
      'images',
      'import',
      `${this.directory}/images.tar`,
    );
  }

  #execute(program: string, ...args: string[]): void {
    const { status, stderr } = spawnSync(program, args);
    assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
  }

  #newKubelet(): Kubelet {
    const { directory, api, cri } = this;
    return newKubelet({ directory, api, cri, clock });
  }
}
