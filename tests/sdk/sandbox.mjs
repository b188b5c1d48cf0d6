// Starts the sandbox on free ports for one test, and ends it.
import { spawn } from 'node:child_process';
import assert from 'node:assert/strict';
import readline from 'node:readline';

export async function withSandbox(program, test) {
  const child = spawn(program, ['--listen', '127.0.0.1:0', '--control', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout });
  const urls = {};
  for await (const line of lines) {
    const listening = line.match(/^listening on (\S+)/);
    const control = line.match(/^control on (\S+)/);
    if (listening) urls.api = listening[1];
    if (control) urls.control = control[1];
    if (urls.api && urls.control) break;
  }
  const covered = [];
  const world = {
    ...urls,
    control: async (method, path, body) => {
      const answer = await fetch(urls.control + path, {
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
      return answer.json();
    },
    // Names a call of the client that was made and checked.
    covers: (name) => covered.push(name),
  };
  try {
    await test(world);
  } finally {
    child.kill('SIGTERM');
  }
  assert.ok(covered.length > 0);
  console.log('covered: ' + covered.join(', '));
}

export async function until(what, check) {
  for (let n = 0; n < 200; ++n) {
    const found = await check();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail('did not happen within 10 s: ' + what);
}
