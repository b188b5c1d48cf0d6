// What the tests of the vendors' clients share: a sandbox whose lists have pages of two, and the truth of its ledger.
import assert from 'node:assert/strict';
import { withSandbox } from './sandbox.mjs';

export async function atVendor(root, test) {
  await withSandbox(process.argv[2], async (world) => {
    await world.control('POST', '/faults', { times: 0, vendor_page_size: 2 });
    await test({
      ...world,
      base: world.api + root,
      key: 'sandbox-key',
      // The ledger's row of one session.
      remote: async (id) => (await world.control('GET', '/remotes')).remotes.find((row) => row.id === id),
      advance: (seconds) => world.control('POST', '/advance', { seconds }),
      turn: (settings) => world.control('POST', '/faults', { times: 0, ...settings }),
    });
    const { remotes } = await world.control('GET', '/remotes');
    assert.ok(remotes.length > 0);
    assert.deepEqual(remotes.filter((row) => row.billed), [], 'nothing is left that would be billed');
  });
}

// Seconds from one time to another.
export const seconds = (from, to) => (new Date(to) - new Date(from)) / 1000;
// The ids, in no order.
export const sameIds = (found, wanted) => assert.deepEqual([...found].sort(), [...wanted].sort());
