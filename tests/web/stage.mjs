// The daemon over the sandbox, and a browser in front of it; all of it ends with the test.
import { spawn } from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function freePort() {
  return new Promise((done, failed) => {
    const server = net.createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export async function until(what, check, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const found = await check();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`did not happen within ${seconds} s: ${what}`);
}

async function json(url, method = 'GET', body = undefined) {
  try {
    const answer = await fetch(url, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    return answer.ok ? await answer.json() : undefined;
  } catch (_) {
    return undefined;
  }
}

// `config`: makes the YAML below `providers:` and `plans:` from the address of the providers.
export async function withStage(config, test) {
  const executablePath = browsers.find((each) => fs.existsSync(each));
  if (!executablePath) {
    console.log('skipped: there is no Chromium; tests/install-packages installs it');
    process.exit(77);
  }
  const [program, sandbox] = process.argv.slice(2);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'keeper-web-'));
  const [api, control, status, webhook] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  fs.writeFileSync(
    path.join(directory, 'keeper.yaml'),
    `store: {path: ${directory}/keeper.db}
status: {listen: "127.0.0.1:${status}"}
webhook: {listen: "127.0.0.1:${webhook}", public_url: "http://127.0.0.1:${webhook}"}
${config(`http://127.0.0.1:${api}`)}`,
  );
  const env = { ...process.env, SANDBOX_KEY: 'sandbox-key', SANDBOX_SECRET: 'sandbox-secret', WRONG_KEY: 'wrong' };
  delete env.RUNTIME_DIRECTORY;
  const log = fs.openSync(path.join(directory, 'log'), 'w');
  const options = { env, stdio: ['ignore', log, log] };
  const children = [
    spawn(sandbox, ['--listen', `127.0.0.1:${api}`, '--control', `127.0.0.1:${control}`], options),
    spawn(program, ['run', '--config', path.join(directory, 'keeper.yaml')], options),
  ];
  let browser;
  const shots = path.join(import.meta.dirname, 'shots');
  fs.mkdirSync(shots, { recursive: true });
  const stage = {
    url: `http://127.0.0.1:${status}`,
    configuration: () => fs.readFileSync(path.join(directory, 'keeper.yaml'), 'utf8'),
    token: () => fs.readFileSync(path.join(directory, 'control.token'), 'utf8').trim(),
    status: () => json(`http://127.0.0.1:${status}/api/v1/status`),
    // The same configuration and store; or, without `running`, its end.
    daemon: async (running) => {
      const child = children.at(-1);
      if (running) children.push(spawn(program, ['run', '--config', path.join(directory, 'keeper.yaml')], options));
      if (running) return;
      const ended = new Promise((done) => child.on('exit', done));
      child.kill('SIGTERM');
      await ended;
    },
    control: (method, where, body) => json(`http://127.0.0.1:${control}${where}`, method, body),
    open: async (where, context = {}) => {
      browser ??= await chromium.launch({ executablePath, args: ['--no-sandbox'] });
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context })).newPage();
      page.on('pageerror', (error) => assert.fail(`the page's script failed: ${error}`));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) assert.fail(message.text());
      });
      await page.goto(`http://127.0.0.1:${status}${where}`, { waitUntil: 'domcontentloaded' });
      return page;
    },
    shoot: (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true }),
  };
  try {
    await until('the daemon is ready', () => stage.status());
    await test(stage);
  } catch (failure) {
    console.log(fs.readFileSync(path.join(directory, 'log'), 'utf8').slice(-4000));
    throw failure;
  } finally {
    await browser?.close();
    children.reverse();
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((done) => child.on('exit', done));
      child.kill('SIGTERM');
      await ended;
    }
    fs.rmSync(directory, { recursive: true });
  }
}

// What a judge of accessibility finds wrong; all of its rules but those for whole sites.
export async function judge(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map((each) => `${each.id}: ${each.nodes[0].html}`), []);
}

// A table as its rows' texts by their columns' labels.
export function rowsOf(page, title) {
  return page.$$eval(`section[aria-labelledby="${title}"] tbody tr`, (rows) =>
    rows.map((row) => Object.fromEntries([...row.cells].map((cell) => [cell.dataset.label, cell.textContent]))));
}
