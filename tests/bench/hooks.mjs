// Signed deliveries acknowledged a second, beside what else could receive them; medians of paired rounds.
//   node tests/bench/hooks.mjs BUILD PROGRAMS [ROUNDS [SECONDS [CONNECTIONS,... [uuid|rising]]]]
// BUILD: a release build; PROGRAMS: a folder with usr/sbin/nginx, usr/bin/webhook and usr/bin/prometheus-alertmanager.
// Everything listens on loopback, writes to a new temporary folder, and is ended.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [build, programs, rounds = '5', seconds = '3', connectionList = '1,16,64,256', ids = 'uuid'] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hook-bench.'));
const load = join(build, 'tests/load/hook-load');
const publicKey = join(folder, 'public.pem');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const config = (port, store) => `store: {path: ${store}}
status: {listen: "127.0.0.1:${port + 1}"}
webhook: {listen: "127.0.0.1:${port}", public_url: "http://127.0.0.1:${port}"}
providers:
  agents: {type: videosdk, api_key: "\${K}", secret: "\${S}", webhook_public_key_file: ${publicKey}, base_url: "http://127.0.0.1:9"}
plans: {}
`;
const nginx = (port) => `daemon off; master_process off; pid ${folder}/nginx.pid; error_log /dev/null; events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
uwsgi_temp_path ${folder}; scgi_temp_path ${folder}; server { listen 127.0.0.1:${port} backlog=4096; location / { return 200; } } }`;
const hooks = JSON.stringify([{ id: 'agents', 'execute-command': '/bin/true' }]);

function file(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

// Each starts its program on a port with a store of its own.
const peers = {
  'session-keeper': (port, store) => spawn(join(build, 'daemon/session-keeper'),
    ['run', '--config', file('keeper.yaml', config(port, store))], { env: { K: 'k', S: 's' }, stdio: 'ignore' }),
  'Node, vendor SDK': (port, store) => spawn('node', [join(here, 'peers/plain.mjs'), port, store, publicKey], { stdio: 'ignore' }),
  'Node, tuned': (port, store) => spawn('node', [join(here, 'peers/tuned.mjs'), port, store, publicKey], { stdio: 'ignore' }),
  'webhook (not verified, not stored)': (port) => spawn(join(programs, 'usr/bin/webhook'),
    ['-hooks', file('hooks.json', hooks), '-ip', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' }),
  'Alertmanager (in memory)': (port, store) => spawn(join(programs, 'usr/bin/prometheus-alertmanager'),
    [`--config.file=${file('am.yml', 'route: {receiver: none}\nreceivers: [{name: none}]\n')}`, `--storage.path=${store}`,
      `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=', '--log.level=error'], { stdio: 'ignore' }),
  'nginx, 200 and nothing else': (port) => spawn(join(programs, 'usr/sbin/nginx'), ['-p', folder, '-c', file('nginx.conf', nginx(port))], { stdio: 'ignore' }),
};

const canConnect = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

// User and system time so far, of the process and what it waited for; the most memory it ever held.
function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const memory = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  return { cpu: (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) * 10, memory };
}

// Of the keeper: how many deliveries its transactions held on average.
async function rowsOfCommit(port) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const sum = (name) => [...text.matchAll(new RegExp(`^session_keeper_${name}(?:{.*})? (.+)$`, 'gm'))].reduce((all, [, value]) => all + Number(value), 0);
  return sum('deliveries_total') / sum('store_commit_duration_seconds_count');
}

function run(arguments_) {
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(load, arguments_.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (part) => { text += part; });
    child.on('exit', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`hook-load ended with ${code}`))));
  });
}

let nextPort = 18000;
let stores = 0;
async function measure(name, connections) {
  const port = nextPort;
  nextPort += 2;
  const store = join(folder, `store-${++stores}`);
  const child = peers[name](port, store);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  try {
    for (let i = 0; i < 200 && !(await canConnect(port)); ++i) await sleep(25);
    await sleep(200);
    const alerts = name.startsWith('Alertmanager');
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const before = usage(child.pid);
    const result = await run(['send', alerts ? join(folder, 'alerts') : folder, '--port', port, '--connections', connections,
      '--seconds', seconds, '--warm-up', 0.5, '--path', alerts ? '/api/v2/alerts' : '/hooks/agents']);
    const after = usage(child.pid);
    const all = result.acknowledged + result.warming_up;
    if (result.refused) throw new Error(`${name}: ${JSON.stringify(result)}`);
    return { rate: result.per_second, p50: result.p50_ms, p99: result.p99_ms, p999: result.p999_ms,
      cpu: (after.cpu - before.cpu) * 1000 / all, memory: after.memory / 1024,
      rows: name === 'session-keeper' ? await rowsOfCommit(port + 1) : 0 };
  } finally {
    child.kill();
    await ended;
    if (existsSync(store)) rmSync(store, { recursive: true });
  }
}

async function main() {
  execFileSync(load, ['make', folder, '--count', '150000', ...(ids === 'rising' ? ['--rising'] : [])]);
  execFileSync('mkdir', [join(folder, 'alerts')]);
  const pad = 'x'.repeat(480);
  writeFileSync(join(folder, 'alerts/deliveries'), Array.from({ length: 150000 }, (_, n) =>
    `load-${n}\tx\t[{"labels":{"alertname":"load-${n}"},"annotations":{"text":"${pad}"}}]\n`).join(''));
  console.log(execFileSync('openssl', ['speed', '-seconds', '1', 'rsa2048'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim());
  for (const connections of connectionList.split(',')) {
    const results = Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
    const limits = [];
    for (let round = 0; round < Number(rounds); ++round) {
      for (const name of Object.keys(peers)) results[name].push(await measure(name, connections));
      const rows = Math.max(1, Math.round(results['session-keeper'][round].rows));
      limits.push(JSON.parse(execFileSync(join(build, 'tests/bench/commit_bench'), [folder, String(rows), seconds])));
    }
    console.log(`\n| ${connections} connections | a second | p50, p99, p99.9 ms | CPU µs each | MiB |\n|---|---|---|---|---|`);
    for (const [name, all] of Object.entries(results)) {
      const of = (key, digits) => median(all.map((one) => one[key])).toFixed(digits);
      console.log(`| ${name} | ${of('rate', 0)} | ${of('p50', 1)}, ${of('p99', 1)}, ${of('p999', 1)} | ${of('cpu', 0)} | ${of('memory', 0)} |`);
    }
    const limit = (key) => median(limits.map((one) => one[key])).toFixed(0);
    console.log(`commits of ${limit('rows')} rows, one thread and nothing else: ${limit('bare_per_second')} rows a second into one table, `
      + `${limit('store_per_second')} through the keeper's store`);
  }
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}
