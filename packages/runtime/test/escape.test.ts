import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { processesWith } from './host.js';
import { sh, TestRuntime, until } from './runtime-process.js';

/** Ways out of a session, an environment and a line of parents. `$W` writes to `$F` for ever. */
const ESCAPES = {
  setsid: 'setsid $W $F &',
  'env -i': 'env -i setsid $W $F &',
  'a daemon': '( (env -i setsid $W $F </dev/null >/dev/null 2>&1 &) & )',
  'a daemon of another user':
    '( (env -i setsid setpriv --reuid=12345 --clear-groups $W $F </dev/null >/dev/null 2>&1 &) & )',
  'su -': 'su - root -s /bin/sh -c "$W $F" &',
  'su - that was killed': 'su - root -s /bin/sh -c "$W $F" & until [ -s $F ]; do sleep 0.05; done; sleep 1; kill -9 $!',
  'one that forks and ends again and again': '(env -i setsid $C $F &)',
};
const NEEDS_ROOT = /su -|user/;

/** Where v1's freezer is usually mounted; hosts with v2 alone have none. */
const FREEZER = '/sys/fs/cgroup/freezer';
const modes =
  process.getuid?.() === 0 ? ['auto', ...(existsSync(`${FREEZER}/cgroup.procs`) ? [FREEZER] : []), 'none'] : ['none'];
for (const mode of modes) {
  describe(`with --cgroup-root ${mode}`, () => {
    const runtime = new TestRuntime('--cgroup-root', mode);
    before(() => runtime.start());
    after(() => runtime.cleanUp());

    /** Starts a container whose program lets another one escape; answers when that one writes. */
    async function letEscape(way: keyof typeof ESCAPES, end = 'exec sleep 1000') {
      const name = `e${nameCount++}`;
      const file = join(runtime.directory, name);
      writeFileSync(file, '');
      chmodSync(file, 0o666);
      chmodSync(runtime.directory, 0o755);
      const writer = join(runtime.directory, 'writer');
      writeFileSync(writer, '#!/bin/sh\nwhile :; do echo "$$" >>"$1"; sleep 0.02; done\n', { mode: 0o755 });
      const comet = join(runtime.directory, 'comet');
      writeFileSync(comet, '#!/bin/sh\necho "$$" >>"$1"; sleep 0.01; env -i setsid "$0" "$1" & exit 0\n', {
        mode: 0o755,
      });
      const id = await runtime.run(await runtime.sandbox(name), {
        ...sh(`W=${writer} C=${comet} F=${file}\n${ESCAPES[way]}\nuntil [ -s $F ]; do sleep 0.02; done\n${end}`),
      });
      await until(`${way}: it writes`, () => statSync(file).size > 0);
      return { id, file };
    }

    /** Nobody who was given the file is there any more. */
    function assertAlone(file: string, why: string): void {
      assert.deepEqual(processesWith(file), [], why);
      const size = statSync(file).size;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      assert.equal(statSync(file).size, size, `${why}: it still writes`);
    }

    for (const way of Object.keys(ESCAPES) as (keyof typeof ESCAPES)[]) {
      const skip = NEEDS_ROOT.test(way) && process.getuid?.() !== 0;
      test(`${way}: gone when the container is removed`, { skip }, async () => {
        const { id, file } = await letEscape(way);
        await runtime.runtime.removeContainer({ containerId: id });
        assertAlone(file, way);
      });

      test(`${way}: gone when its program has ended, before that is reported`, { skip }, async () => {
        const { id, file } = await letEscape(way, 'exit 3');
        assert.equal((await runtime.exited(id)).exitCode, 3);
        assertAlone(file, way);
      });

      test(`${way}: gone when the shim and the runtime were killed`, { skip }, async () => {
        const { id, file } = await letEscape(way);
        process.kill(runtime.shimPid(id), 'SIGKILL');
        await runtime.kill('SIGKILL');
        await runtime.start();
        assert.equal((await runtime.exited(id)).exitCode, 137);
        assertAlone(file, way);
      });
    }

    test('a fork bomb is put out, and the host goes on', async () => {
      const file = join(runtime.directory, 'bomb');
      // Each begins two more until there are about two hundred at a time.
      const bomb = join(runtime.directory, 'bomb.sh');
      const more = 'i=0; while [ $i -lt 2 ]; do i=$((i+1)); env -i setsid "$0" "$1" & done';
      writeFileSync(
        bomb,
        `#!/bin/sh\necho x >>"$1"\n[ $(ls -d /proc/[0-9]* | wc -l) -lt $2 ] && { ${more}; }\nsleep 1000\n`,
        {
          mode: 0o755,
        },
      );
      const limit = `$(( $(ls -d /proc/[0-9]* | wc -l) + 200 ))`;
      writeFileSync(bomb, readFileSync(bomb, 'utf8').replaceAll('"$1" &', '"$1" "$2" &'));
      const id = await runtime.run(await runtime.sandbox('bomb'), sh(`${bomb} ${file} ${limit} & exec sleep 1000`));
      await until('it has spread', () => existsSync(file) && statSync(file).size > 100);
      await runtime.runtime.removeContainer({ containerId: id });
      assert.deepEqual(processesWith(file), []);
    });

    test('what exec brought in and left behind goes too', async () => {
      const { id, file } = await letEscape('setsid');
      const writer = join(runtime.directory, 'writer');
      const other = `${file}-exec`;
      const cmd = ['/bin/sh', '-c', `(env -i setsid ${writer} ${other} </dev/null >/dev/null 2>&1 &)`];
      await runtime.runtime.execSync({ containerId: id, cmd });
      await until('it writes', () => readFileSync(other, { encoding: 'utf8', flag: 'a+' }).length > 0);
      await runtime.runtime.stopContainer({ containerId: id, timeout: 0 });
      assertAlone(other, 'exec');
    });
  });
}

let nameCount = 0;
