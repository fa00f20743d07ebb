/**
 * The list of every connector that has one, against the simulator of its provider: it has each payment of the day once, as reading it
 * by its id tells, page after page; and it goes on from the middle.
 */
import { addAmounts } from '../../domain/money.ts';
import type { ListedPage, ListedPayment } from '../../providers/contract.ts';
import { connectors } from '../../providers/index.ts';
import { must, useSitting } from './sitting.ts';

const DAY_MS = 24 * 3600 * 1000;
/** More than a page of any of them. */
const MANY = 110;

const lists = connectors
  .filter(({ listPayments }) => listPayments !== undefined)
  .map((connector) => [connector.manifest.provider, connector] as const);

it('is there where providers have one', () => {
  expect(lists.map(([provider]) => provider)).toEqual(['fapshi', 'finan', 'rehive', 'tabby']);
});

describe.each(lists)('%s', (_, connector) => {
  const sitting = useSitting(connector);
  const method = connector.manifest.methods[0]?.method ?? '';
  const dayOf = (time: number): { from: string; to: string } => {
    const start = Math.floor(time / DAY_MS) * DAY_MS;
    return { from: new Date(start).toISOString(), to: new Date(start + DAY_MS).toISOString() };
  };
  const today = () => dayOf(sitting.rig.simulator.clock.now());
  const read = async (cursor: string | null = null, range = today()): Promise<ListedPage[]> => {
    const pages: ListedPage[] = [];
    const context = sitting.context();
    for await (const page of must(connector.listPayments)(context, { ...range, cursor })) pages.push(page);
    return pages;
  };
  const byId = (pages: readonly ListedPage[]): Map<string, ListedPayment> =>
    new Map(pages.flatMap(({ rows }) => rows).map((row) => [row.provider_payment_id, row]));

  it('is empty when there is nothing, and ends', async () => {
    const pages = await read();
    expect(byId(pages).size).toBe(0);
    expect(pages.at(-1)?.next).toBeNull();
  });

  it('says of each payment what reading it says', async () => {
    const known = await sitting.settled(method);
    await sitting.create(method);
    const reading = await sitting.read(known);
    const row = byId(await read()).get(known.provider_payment_id);
    expect(row).toMatchObject({
      reference: known.reference,
      currency: known.money.currency,
      status: reading.status,
      provider_status: reading.provider_status,
      amount: known.money.amount,
      received: addAmounts(reading.receipts.map(({ amount }) => amount)),
    });
    expect(row?.fee ?? null).toBe(reading.receipts[0]?.fee ?? null);
    const at = Date.parse(row?.at ?? '');
    expect(Math.abs(at - sitting.rig.simulator.clock.now())).toBeLessThan(60_000);
  });

  it('has what was refunded', async () => {
    if (connector.manifest.refund === 'none') return expect(connector.refundPayment).toBeUndefined();
    const known = await sitting.settled(method);
    await must(connector.refundPayment)(sitting.context(), sitting.operation(known, known.money.amount));
    await sitting.rig.advance(60);
    const { refunds } = await sitting.read(known);
    const done = (refunds ?? []).filter(({ status }) => status === 'succeeded');
    expect(done).toHaveLength(1);
    expect(byId(await read()).get(known.provider_payment_id)?.refunded).toBe(known.money.amount);
  });

  it('has nothing of another day', async () => {
    await sitting.settled(method);
    const now = sitting.rig.simulator.clock.now();
    for (const day of [now - DAY_MS, now + DAY_MS]) expect(byId(await read(null, dayOf(day))).size).toBe(0);
  });

  it('has all of a long day, and goes on from any page', async () => {
    const all = [];
    for (let count = 0; count < MANY; count += 1) all.push(await sitting.settled(method));
    const ids = all.map(({ provider_payment_id }) => provider_payment_id).sort();
    const pages = await read();
    expect([...byId(pages).keys()].sort()).toEqual(ids);
    expect(pages.at(-1)).toMatchObject({ next: null });
    expect(pages.every(({ is_whole }) => is_whole !== false)).toBe(true);
    const middle = Math.floor(pages.length / 2);
    const cursor = pages[middle - 1]?.next ?? null;
    const [before, after] = [pages.slice(0, middle), await read(cursor)];
    expect([...new Set([...byId(before).keys(), ...byId(after).keys()])].sort()).toEqual(ids);
  }, 60_000);

  it('says so when there is more than the provider gives', async () => {
    if (connector.manifest.provider !== 'fapshi') return expect(connector.listPayments).toBeDefined();
    for (let count = 0; count < 230; count += 1) await sitting.create(method);
    const pages = await read();
    expect(byId(pages).size).toBe(200);
    expect(pages.at(-1)).toEqual({ rows: [], next: null, is_whole: false });
  }, 60_000);
});
