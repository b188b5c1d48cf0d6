// The same, tuned by hand: the key parsed once, and one transaction for all deliveries that came in a turn of the loop.
//   node tuned.mjs PORT STORE PUBLIC_KEY_FILE
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { openLedger, readBody } from './ledger.mjs';

const [port, store, keyFile] = process.argv.slice(2);
const key = createPublicKey(readFileSync(keyFile));
const ledger = openLedger(store);
let waiting = [];

function commit() {
  const batch = waiting;
  waiting = [];
  ledger.together(() => {
    for (const { event, body } of batch) ledger.add(event, body);
  });
  for (const { response } of batch) response.writeHead(200, { 'content-length': 0 }).end();
}

createServer((request, response) => {
  readBody(request, (body) => {
    const signature = Buffer.from(request.headers['videosdk-signature'] ?? '', 'base64');
    if (!verify('sha256', body, key, signature)) return response.writeHead(401, { 'content-length': 0 }).end();
    waiting.push({ event: JSON.parse(body), body, response });
    if (waiting.length === 1) setImmediate(commit);
  });
}).listen(Number(port), '127.0.0.1', 4096);
