// Runs client programs and says of each step of a client whether it came out as it should.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 90_000;

/** A program with fixed first arguments and environment; `run` fails unless it ends with the expected code. */
export class Program {
  constructor(path, args, env) {
    Object.assign(this, { path, args, env: { ...process.env, ...env } });
  }

  with(env) {
    return new Program(this.path, this.args, { ...this.env, ...env });
  }

  async run(args, { stdin, code = 0, cwd, limit = LIMIT_MS } = {}) {
    const child = this.start(args, { cwd });
    child.process.stdin.on('error', () => {});
    child.process.stdin.end(stdin ?? '');
    const timer = setTimeout(() => child.process.kill('SIGKILL'), limit);
    const ended = await child.ended;
    clearTimeout(timer);
    if (ended.code !== code) {
      const said = (ended.stderr.trim() || ended.stdout.trim()).split('\n').slice(-3).join(' ');
      throw new Error(`\`${args.join(' ')}\` ended with ${ended.code ?? ended.signal}, not ${code}: ${said}`);
    }
    return ended;
  }

  start(args, { cwd } = {}) {
    const child = spawn(this.path, [...this.args, ...args], { env: this.env, cwd, stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      output.stdout += data;
    });
    child.stderr.on('data', (data) => {
      output.stderr += data;
    });
    const ended = new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: -1, ...output, stderr: error.message }));
      child.once('close', (code, signal) => resolve({ code, signal, ...output }));
    });
    return { process: child, output, ended };
  }
}

/** The results of one client, in the order in which its steps ran. */
export class Steps {
  results = [];

  async step(name, body) {
    const begin = performance.now();
    try {
      await body();
      this.results.push({ name, ok: true, ms: performance.now() - begin });
    } catch (error) {
      this.results.push({ name, ok: false, ms: performance.now() - begin, error: error?.message ?? String(error) });
    }
  }
}

export function expect(text, pattern) {
  if (!pattern.test(text)) throw new Error(`${pattern} is not in: ${text.trim().slice(0, 300)}`);
}

/** Asks again until `look` is content, for at most the limit. */
export async function until(look, limit = 60_000) {
  const end = performance.now() + limit;
  for (;;) {
    const last = await look().then(
      (done) => (done === false ? new Error('not in time') : undefined),
      (error) => error,
    );
    if (last === undefined) return;
    if (performance.now() > end) throw last;
    await sleep(200);
  }
}

/** Starts a program, waits for a line of its output, lets `use` work with it and ends it. */
export async function whileRunning(child, pattern, use) {
  try {
    await until(async () => {
      if (child.process.exitCode !== null)
        throw new Error(`ended early: ${child.output.stderr || child.output.stdout}`);
      return pattern.test(child.output.stdout + child.output.stderr);
    }, 30_000);
    return await use(pattern.exec(child.output.stdout + child.output.stderr));
  } finally {
    child.process.kill();
    await child.ended;
  }
}
