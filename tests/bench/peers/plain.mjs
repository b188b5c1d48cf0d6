// A receiver as a user would write it: the vendor's own verification, one durable insert for each delivery, then 200.
//   node plain.mjs PORT STORE PUBLIC_KEY_FILE
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { VideoSDK } from '@videosdk.live/server-sdk';
import { openLedger, readBody } from './ledger.mjs';

const [port, store, keyFile] = process.argv.slice(2);
const key = readFileSync(keyFile, 'utf8');
const ledger = openLedger(store);
const client = new VideoSDK({ apiKey: 'k', secret: 's' });

createServer((request, response) => {
  readBody(request, (body) => {
    try {
      client.webhooks.verifySync(body, request.headers['videosdk-signature'], key);
      ledger.add(JSON.parse(body), body);
      response.writeHead(200, { 'content-length': 0 }).end();
    } catch {
      response.writeHead(401, { 'content-length': 0 }).end();
    }
  });
}).listen(Number(port), '127.0.0.1', 4096);
