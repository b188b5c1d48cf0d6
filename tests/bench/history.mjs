// The status listener over stores of different sizes: node history.mjs BUILD STORE...
// Each store is copied beside itself first, since the daemon writes. Prints one table row a store.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [build, ...stores] = process.argv.slice(2);
const port = 18470;
const agent = new http.Agent({ keepAlive: true });

const get = (where) => new Promise((done, failed) => {
  http.get({ port, path: where, agent }, (answer) => {
    let body = '';
    answer.on('data', (piece) => { body += piece; });
    answer.on('end', () => done({ status: answer.statusCode, body }));
  }).on('error', failed);
});

// One after the other; milliseconds.
async function latencies(rounds, next) {
  const all = [];
  let last;
  for (let n = 0; n < rounds; ++n) {
    const where = next(last, n);
    const begin = performance.now();
    last = await get(where);
    all.push(performance.now() - begin);
    if (last.status !== 200) throw new Error(`${where}: ${last.status} ${last.body}`);
  }
  all.sort((a, b) => a - b);
  const at = (part) => all[Math.min(all.length - 1, Math.floor(part * all.length))].toFixed(1);
  return `${at(0.5)}, ${at(0.99)}`;
}

for (const store of stores) {
  const directory = fs.mkdtempSync(path.join(path.dirname(store), 'history-'));
  const copy = path.join(directory, 'keeper.db');
  fs.copyFileSync(store, copy);
  fs.writeFileSync(path.join(directory, 'keeper.yaml'), `store: {path: ${copy}}
status: {listen: "127.0.0.1:${port}"}
providers:
  browsers: {type: notte, api_key: "\${KEY}", base_url: "http://127.0.0.1:9"}
plans:
${[...Array(50).keys()].map((n) => `  plan-${n}: {provider: browsers, schedule: {start: "0 0 29 2 *"}, session: {}}`).join('\n')}
`);
  const begin = performance.now();
  const daemon = spawn(path.join(build, 'daemon/session-keeper'), ['run', '--config', path.join(directory, 'keeper.yaml'), '--log-level', 'warning'],
    { env: { ...process.env, KEY: 'k' }, stdio: ['ignore', 'inherit', 'inherit'] });
  for (;;) {
    try {
      if ((await get('/-/ready')).status === 200) break;
    } catch (_) { /* not up yet */ }
    await new Promise((done) => setTimeout(done, 5));
  }
  const ready = performance.now() - begin;
  const { transitions } = JSON.parse((await get('/api/v1/transitions?limit=1')).body);
  const page = await latencies(200, () => '/');
  const walk = (list, size) => (last) => {
    const next = last && JSON.parse(last.body).next;
    return `/api/v1/${list}?limit=${size}${next ? `&before=${next}` : ''}`;
  };
  const rows = [
    transitions[0].seq, `${ready.toFixed(0)}`, page,
    await latencies(500, () => '/api/v1/status'),
    await latencies(500, walk('sessions', 100)),
    await latencies(500, walk('transitions', 100)),
    await latencies(500, (_, n) => `/api/v1/transitions?limit=100&plan=plan-${n % 50}&before=${1 + Math.floor(transitions[0].seq * ((n * 7919) % 500) / 500)}`),
    (Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))[1]) / 1024).toFixed(0),
    (fs.statSync(copy).size / 2 ** 20).toFixed(0),
  ];
  console.log(`| ${rows.join(' | ')} |`);
  daemon.kill('SIGTERM');
  await new Promise((done) => daemon.on('exit', done));
  fs.rmSync(directory, { recursive: true });
}
agent.destroy();
